package io.comfyfleet.producer.broker;

import io.comfyfleet.topology.VirtualHost;
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
          factory.addConnectionListener(new BrokerLog());
        }
        return bean;
      }
    };
  }

  @Bean
  ConnectionFactoryCustomizer decodeVirtualHost() {
    return factory -> factory.setVirtualHost(VirtualHost.decoded(factory.getVirtualHost()));
  }

  /** A blocked publisher must never block an acknowledgement. */
  @Bean
  RabbitTemplateCustomizer publishOnItsOwnConnection() {
    return template -> template.setUsePublisherConnection(true);
  }
}
