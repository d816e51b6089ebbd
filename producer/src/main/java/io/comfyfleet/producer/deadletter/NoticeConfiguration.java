package io.comfyfleet.producer.deadletter;

import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.broker.Consumers;
import io.comfyfleet.producer.broker.PatientListener;
import io.comfyfleet.topology.Topology;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The consumer of the dead letters' copies. */
@Configuration(proxyBeanMethods = false)
class NoticeConfiguration {
  @Bean
  SimpleMessageListenerContainer noticeContainer(
      ConnectionFactory connections, Notices notices, ConsumerPause pause) {
    return Consumers.settling(
        connections, Topology.DEAD_NOTICES, new PatientListener("dead notices", pause, notices));
  }
}
