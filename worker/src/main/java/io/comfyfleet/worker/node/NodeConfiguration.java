package io.comfyfleet.worker.node;

import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.worker.comfy.Canary;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.HealthProperties;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.UUID;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the node together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(NodeProperties.class)
class NodeConfiguration {
  private static final long RECOVERY_MS = 500;

  @Bean
  Orphans orphans(
      ComfyClient comfy,
      Node node,
      EventPublisher events,
      TakeOver takeOver,
      HealthProperties health) {
    // What waits for longer is taken to hang.
    return new Orphans(comfy, node, events, takeOver, health.stall().dividedBy(2));
  }

  @Bean
  NodeHealth nodeHealth(ComfyClient comfy, Node node, Orphans orphans, HealthProperties settings) {
    return new NodeHealth(
        comfy,
        node,
        new Canary(comfy, settings.canaryTimeout()),
        orphans,
        settings.failures(),
        new ComfyRestart(settings));
  }

  @Bean
  NodeMetrics nodeMetrics(Node node, MeterRegistry registry) {
    return new NodeMetrics(node, registry);
  }

  @Bean(destroyMethod = "")
  EventPublisher eventPublisher(ConnectionFactory connections, MessageCodec codec) {
    RabbitTemplate template = new RabbitTemplate(connections);
    template.setUsePublisherConnection(true);
    return new EventPublisher(template, codec);
  }

  @Bean
  TakeOver takeOver(Node node, EventPublisher events) {
    return new TakeOver(node, events);
  }

  @Bean
  ProgressReporter progressReporter(Node node, EventPublisher events, Clock clock) {
    return new ProgressReporter(node, events, clock);
  }

  @Bean
  Queue controlQueue(Node node) {
    String name = "fleet.control." + node.identity().id() + "." + UUID.randomUUID();
    return new Queue(name, false, true, true);
  }

  @Bean
  Declarables controlBindings(Queue controlQueue, Node node) {
    TopicExchange exchange = new TopicExchange(Topology.CONTROL);
    String own = Topology.controlKey(node.identity().id());
    return new Declarables(
        BindingBuilder.bind(controlQueue).to(exchange).with(Topology.CONTROL_ALL),
        BindingBuilder.bind(controlQueue).to(exchange).with(own));
  }

  @Bean
  RabbitAdmin controlAdmin(ConnectionFactory connections) {
    RabbitAdmin admin = new RabbitAdmin(connections);
    // Declares when the container starts, not when a connection opens: until the producer has
    // been, there is no exchange to bind to.
    admin.setAutoStartup(false);
    return admin;
  }

  @Bean
  NodeLifecycle nodeLifecycle(
      Node node,
      NodeHealth health,
      Orphans orphans,
      ComfyClient comfy,
      ProgressReporter progress,
      EventPublisher events,
      ControlContainer control,
      NodeProperties settings,
      Clock clock) {
    return new NodeLifecycle(
        node,
        health,
        orphans,
        progress,
        events,
        control.container(),
        new GpuProbe(settings.nvidiaSmi(), settings.gpu()),
        new ModelInventory(comfy, clock));
  }

  /**
   * The control container, wrapped so that Spring does not start it: the node does.
   *
   * @param container not yet started
   */
  record ControlContainer(SimpleMessageListenerContainer container) {}

  @Bean
  ControlContainer controlContainer(
      ConnectionFactory connections,
      RabbitAdmin controlAdmin,
      Queue controlQueue,
      MessageCodec codec,
      Node node,
      TakeOver takeOver,
      Orphans orphans,
      ProgramExit exit,
      ApplicationContext context) {
    SimpleMessageListenerContainer container = new SimpleMessageListenerContainer(connections);
    container.setQueueNames(controlQueue.getName());
    container.setApplicationContext(context);
    container.setAmqpAdmin(controlAdmin);
    container.setMissingQueuesFatal(false);
    container.setPossibleAuthenticationFailureFatal(false);
    // Others ask this node before they take its job over, soon after a broker's restart.
    container.setRecoveryInterval(RECOVERY_MS);
    // Only a fresh start declares the queue; a retry on the spot looks for it in vain for 15 s.
    container.setDeclarationRetries(0);
    container.setDefaultRequeueRejected(false);
    container.setMessageListener(
        new ControlListener(
            codec,
            node,
            takeOver,
            orphans,
            lane -> controlAdmin.getQueueInfo(Topology.laneQueue(lane)) != null,
            exit::request));
    return new ControlContainer(container);
  }
}
