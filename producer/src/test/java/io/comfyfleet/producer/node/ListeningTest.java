package io.comfyfleet.producer.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.rabbit.listener.AsyncConsumerStartedEvent;
import org.springframework.amqp.rabbit.listener.ListenerContainerConsumerFailedEvent;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

class ListeningTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Listening listening =
      new Listening(
          new NodeSettings(3, Duration.ofHours(24), Duration.ofSeconds(15), 1000), () -> now);
  private final SimpleMessageListenerContainer events = container("fleet-events");

  @Test
  void silenceMeansNothingBeforeThreeHeartbeatsCouldCome() {
    assertThat(listening.longEnough()).isFalse();

    listening.began(new AsyncConsumerStartedEvent(events, new Object()));
    now = now.plusSeconds(14);
    assertThat(listening.longEnough()).isFalse();

    now = now.plusSeconds(1);
    assertThat(listening.longEnough()).isTrue();
  }

  @Test
  void gapBeginsTheWaitAnew() {
    listening.began(new AsyncConsumerStartedEvent(events, new Object()));
    now = now.plusSeconds(60);
    listening.broke(new ListenerContainerConsumerFailedEvent(events, "gone", null, false));
    assertThat(listening.longEnough()).isFalse();

    listening.began(new AsyncConsumerStartedEvent(events, new Object()));
    assertThat(listening.longEnough()).isFalse();
  }

  @Test
  void otherConsumersDoNotCount() {
    listening.began(new AsyncConsumerStartedEvent(container("results"), new Object()));
    now = now.plusSeconds(60);

    assertThat(listening.longEnough()).isFalse();
  }

  private static SimpleMessageListenerContainer container(String id) {
    SimpleMessageListenerContainer container = new SimpleMessageListenerContainer();
    container.setListenerId(id);
    return container;
  }
}
