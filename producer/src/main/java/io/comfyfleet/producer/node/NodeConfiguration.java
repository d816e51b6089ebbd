package io.comfyfleet.producer.node;

import io.comfyfleet.producer.broker.Consumers;
import io.comfyfleet.topology.Topology;
import java.time.InstantSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.AnonymousQueue;
import org.springframework.amqp.core.Base64UrlNamingStrategy;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Each producer has its own queue of events, gone with its connection and bounded, so that a slow
 * producer never fills the broker.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(NodeSettings.class)
class NodeConfiguration {
  private static final String EVENTS_LISTENER = "fleet-events";
  private static final int EVENT_PREFETCH = 250;

  @Bean
  Nodes nodes(NodeSettings settings) {
    return new Nodes(settings, InstantSource.system());
  }

  @Bean
  Listening listening(NodeSettings settings, Queue fleetEventsQueue) {
    return new Listening(settings, fleetEventsQueue.getName(), InstantSource.system());
  }

  @Bean
  Queue fleetEventsQueue(NodeSettings settings) {
    AnonymousQueue queue = new AnonymousQueue(new Base64UrlNamingStrategy("fleet.events."));
    queue.addArgument("x-max-length", settings.eventBacklog());
    queue.addArgument("x-overflow", "drop-head");
    return queue;
  }

  /** Declared alike wherever the whole topology is; here so that the binding never comes first. */
  @Bean
  TopicExchange fleetEventsExchange() {
    return new TopicExchange(Topology.EVENTS, false, false);
  }

  @Bean
  Binding fleetEventsBinding(Queue fleetEventsQueue, TopicExchange fleetEventsExchange) {
    return BindingBuilder.bind(fleetEventsQueue).to(fleetEventsExchange).with("#");
  }

  @Bean
  SimpleMessageListenerContainer fleetEvents(
      ConnectionFactory connections,
      Queue fleetEventsQueue,
      Nodes nodes,
      ObjectProvider<FleetEventSink> sinks) {
    SimpleMessageListenerContainer container = Consumers.lasting(connections);
    container.setListenerId(EVENTS_LISTENER);
    container.setQueues(fleetEventsQueue);
    container.setMessageListener(new EventListener(nodes, sinks.orderedStream().toList()));
    // A lost event is followed by the next; acknowledging each would only cost round trips.
    container.setAcknowledgeMode(AcknowledgeMode.NONE);
    container.setPrefetchCount(EVENT_PREFETCH);
    return container;
  }
}
