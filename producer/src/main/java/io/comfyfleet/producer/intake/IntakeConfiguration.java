package io.comfyfleet.producer.intake;

import io.comfyfleet.topology.Topology;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The consumer of the intake queue. */
@Configuration(proxyBeanMethods = false)
class IntakeConfiguration {
  @Bean
  SimpleMessageListenerContainer intakeContainer(
      ConnectionFactory connections, IntakeListener listener, IntakeSettings settings) {
    SimpleMessageListenerContainer container = new SimpleMessageListenerContainer(connections);
    container.setQueueNames(Topology.INTAKE);
    container.setMessageListener(listener);
    container.setAcknowledgeMode(AcknowledgeMode.MANUAL);
    container.setConcurrentConsumers(settings.consumers());
    // One at a time: what is prefetched waits unordered behind what is at work.
    container.setPrefetchCount(1);
    container.setMissingQueuesFatal(false);
    container.setDefaultRequeueRejected(false);
    container.setAutoStartup(settings.enabled());
    return container;
  }
}
