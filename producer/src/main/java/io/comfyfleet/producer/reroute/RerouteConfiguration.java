package io.comfyfleet.producer.reroute;

import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.broker.Consumers;
import io.comfyfleet.producer.broker.PatientListener;
import io.comfyfleet.topology.Topology;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The consumer of the jobs that need another node. */
@Configuration(proxyBeanMethods = false)
class RerouteConfiguration {
  @Bean
  SimpleMessageListenerContainer elsewhereContainer(
      ConnectionFactory connections, Reroute reroute, ConsumerPause pause) {
    return Consumers.settling(
        connections, Topology.ELSEWHERE, new PatientListener("elsewhere", pause, reroute));
  }
}
