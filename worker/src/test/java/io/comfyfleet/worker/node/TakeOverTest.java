package io.comfyfleet.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.worker.Jobs;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

class TakeOverTest {
  @Test
  void jobWhoseQuestionTheBrokerKeepsToItselfIsNotBegun() {
    Node node = node();
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

  private static Node node() {
    NodeIdentity identity =
        new NodeIdentity(
            "node-1",
            URI.create("http://127.0.0.1:8188"),
            "test",
            Map.of("image", 1),
            "least-connections",
            Duration.ofSeconds(5),
            Instant.now());
    return new Node(identity, 1, Clock.systemUTC());
  }
}
