package io.comfyfleet.producer.broker;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.amqp.autoconfigure.ConnectionFactoryCustomizer;
import org.springframework.boot.amqp.autoconfigure.RabbitTemplateCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What is set on Spring AMQP beyond its properties. */
@Configuration(proxyBeanMethods = false)
class BrokerConfiguration {
  /** Before any other listener of the connection, for those bind their queues to our exchanges. */
  @Bean
  static BeanPostProcessor topologyFirst(
      ObjectProvider<BrokerSettings> settings, ObjectProvider<Lanes> lanes) {
    return new BeanPostProcessor() {
      @Override
      public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof CachingConnectionFactory factory) {
          factory.addConnectionListener(
              new TopologyDeclarer(settings.getObject(), lanes.getObject()));
        }
        return bean;
      }
    };
  }

  /**
   * Spring Boot takes the virtual host of an address as it stands, but in an AMQP URI it is
   * percent-encoded: {@code %2F} is the default one (seen on 4.1.2).
   */
  @Bean
  ConnectionFactoryCustomizer decodeVirtualHost() {
    return factory -> {
      String virtualHost = factory.getVirtualHost();
      if (virtualHost.contains("%")) {
        factory.setVirtualHost(
            URLDecoder.decode(virtualHost.replace("+", "%2B"), StandardCharsets.UTF_8));
      }
    };
  }

  /** A blocked publisher must never block an acknowledgement. */
  @Bean
  RabbitTemplateCustomizer publishOnItsOwnConnection() {
    return template -> template.setUsePublisherConnection(true);
  }
}
