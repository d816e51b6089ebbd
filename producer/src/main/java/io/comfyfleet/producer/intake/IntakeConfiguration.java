package io.comfyfleet.producer.intake;

import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.broker.Consumers;
import io.comfyfleet.producer.broker.PatientListener;
import io.comfyfleet.topology.Topology;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The consumer of the intake queue. */
@Configuration(proxyBeanMethods = false)
class IntakeConfiguration {
  @Bean
  SimpleMessageListenerContainer intakeContainer(
      ConnectionFactory connections, Intake intake, ConsumerPause pause, IntakeSettings settings) {
    SimpleMessageListenerContainer container =
        Consumers.settling(
            connections, Topology.INTAKE, new PatientListener(Topology.INTAKE, pause, intake));
    container.setConcurrentConsumers(settings.consumers());
    container.setAutoStartup(settings.enabled());
    return container;
  }
}
