package io.comfyfleet.producer.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.rabbit.listener.ConsumeOkEvent;
import org.springframework.amqp.rabbit.listener.ListenerContainerConsumerFailedEvent;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

class ListeningTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Listening listening =
      new Listening(
          new NodeSettings(3, Duration.ofHours(24), Duration.ofSeconds(15), 1000),
          "events",
          () -> now);
  private final SimpleMessageListenerContainer events = container("events");

  @Test
  void silenceMeansNothingBeforeThreeHeartbeatsCouldCome() {
    assertThat(listening.longEnough()).isFalse();

    listening.began(consuming("events"));
    now = now.plusSeconds(14);
    assertThat(listening.longEnough()).isFalse();

    now = now.plusSeconds(1);
    assertThat(listening.longEnough()).isTrue();
  }

  @Test
  void gapBeginsTheWaitAnew() {
    listening.began(consuming("events"));
    now = now.plusSeconds(60);
    listening.broke(new ListenerContainerConsumerFailedEvent(events, "gone", null, false));
    assertThat(listening.longEnough()).isFalse();

    listening.began(consuming("events"));
    assertThat(listening.longEnough()).isFalse();
  }

  @Test
  void afterAStandstillWhatWaitsIsReadFirstAndThenListenedToOnceMore() {
    listening.began(consuming("events"));
    now = now.plusSeconds(60);

    listening.beginAnew(Duration.ofSeconds(5));

    now = now.plusSeconds(19);
    assertThat(listening.longEnough()).isFalse();
    now = now.plusSeconds(1);
    assertThat(listening.longEnough()).isTrue();
  }

  @Test
  void otherConsumersDoNotCount() {
    listening.began(consuming("results"));
    now = now.plusSeconds(60);

    assertThat(listening.longEnough()).isFalse();
  }

  private static ConsumeOkEvent consuming(String queue) {
    return new ConsumeOkEvent(new Object(), queue, "tag");
  }

  private static SimpleMessageListenerContainer container(String queue) {
    SimpleMessageListenerContainer container = new SimpleMessageListenerContainer();
    container.setQueueNames(queue);
    return container;
  }
}
