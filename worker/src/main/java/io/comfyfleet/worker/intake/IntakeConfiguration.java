package io.comfyfleet.worker.intake;

import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.topology.VirtualHost;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.worker.execution.JobHandler;
import io.comfyfleet.worker.node.Node;
import io.comfyfleet.worker.node.NodeHealth;
import io.comfyfleet.worker.node.ProgressReporter;
import io.comfyfleet.worker.node.TakeOver;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.amqp.autoconfigure.ConnectionFactoryCustomizer;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the intake together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
  IntakeProperties.class,
  RetryProperties.class,
  DrainProperties.class,
  BrokerProperties.class
})
class IntakeConfiguration {

  @Bean
  ConnectionFactoryCustomizer decodeVirtualHost() {
    return factory -> factory.setVirtualHost(VirtualHost.decoded(factory.getVirtualHost()));
  }

  @Bean
  JobMetrics jobMetrics(MeterRegistry registry) {
    return new JobMetrics(registry);
  }

  @Bean
  Settlement settlement(
      ConnectionFactory connections,
      RetryProperties retry,
      MessageCodec codec,
      Node node,
      Clock clock,
      JobMetrics metrics,
      MeterRegistry registry) {
    RabbitTemplate template = new RabbitTemplate(connections);
    // A publisher that the broker blocks must not hold up an ack.
    template.setUsePublisherConnection(true);
    template.setMandatory(true);
    String nodeId = node.identity().id();
    return new Settlement(
        new Publisher(template, registry),
        new Letters(codec, nodeId, clock),
        retry,
        metrics,
        nodeId,
        clock);
  }

  @Bean
  JobListener jobListener(
      MessageCodec codec,
      JobHandler handler,
      Settlement settlement,
      Node node,
      NodeHealth health,
      ProgressReporter progress,
      TakeOver takeOver,
      JobMetrics metrics,
      Traces traces) {
    return new JobListener(
        codec, handler, settlement, node, health, progress, takeOver, metrics, traces);
  }

  @Bean
  Intake intake(
      ConnectionFactory connections,
      IntakeProperties intake,
      DrainProperties drain,
      BrokerProperties broker,
      Settlement settlement,
      JobListener listener,
      Node node,
      Clock clock) {
    // A slot that is at work would notice a break only when its job has ended.
    connections.addConnectionListener(_ -> node.brokerConnected());
    LaneTurns turns = new LaneTurns(intake.laneLimits(), intake.lookAhead());
    node.onChange(() -> turns.serve(node.lanes()));
    SlotGate slots = new SlotGate(node);
    JobLoop.Opener opener =
        () ->
            LaneChannel.open(
                connections, broker.profile(), intake.consumerTimeout(), turns.lanes(), clock);
    return new Intake(
        node,
        intake.lookAhead(),
        drain.deadline(),
        settlement,
        wanted ->
            new JobLoop(
                node,
                opener,
                turns,
                intake.laneTurn(),
                lane -> intake.strategy().priority(node, lane),
                slots,
                listener,
                wanted));
  }
}
