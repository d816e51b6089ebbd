package io.comfyfleet.producer.run;

import io.comfyfleet.producer.broker.Consumers;
import io.comfyfleet.topology.Topology;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The consumer of the results. */
@Configuration(proxyBeanMethods = false)
class ResultConfiguration {
  private static final long COLLECT_MS = 5;

  @Bean
  SimpleMessageListenerContainer resultContainer(
      ConnectionFactory connections, ResultListener listener, RunSettings settings) {
    SimpleMessageListenerContainer container = Consumers.lasting(connections);
    container.setQueueNames(Topology.RESULTS);
    container.setMessageListener(listener);
    container.setAcknowledgeMode(AcknowledgeMode.MANUAL);
    container.setConsumerBatchEnabled(true);
    container.setBatchSize(settings.resultBatch());
    // Also how long a batch is collected: a lone result must not wait to be company.
    container.setReceiveTimeout(COLLECT_MS);
    container.setBatchReceiveTimeout(COLLECT_MS);
    container.setPrefetchCount(settings.resultBatch());
    return container;
  }
}
