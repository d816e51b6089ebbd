package io.comfyfleet.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.worker.Jobs;
import io.comfyfleet.worker.Nodes;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

class TakeOverTest {
  @Test
  void jobWhoseQuestionTheBrokerKeepsToItselfIsNotBegun() {
    Node node = Nodes.withSlots(1);
    RunningAttempt attempt =
        new RunningAttempt(Jobs.image().build(), Instant.now(), true, each -> {});
    // Nobody listens at that port, so no question is ever heard.
    try (EventPublisher events =
        new EventPublisher(
            new RabbitTemplate(new CachingConnectionFactory("127.0.0.1", 1)), new MessageCodec())) {

      new TakeOver(node, events, Duration.ofMillis(300)).ask(attempt);
    }

    assertThat(attempt.stopReason()).isEqualTo(RunningAttempt.Stop.DRAIN);
  }
}
