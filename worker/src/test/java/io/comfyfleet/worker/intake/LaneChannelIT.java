package io.comfyfleet.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.worker.Jobs;
import io.comfyfleet.worker.TestFleet;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;

/** The one channel of a slot, on a real broker. */
class LaneChannelIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  private static final String IMAGE = "fleet.jobs.image";

  private TestFleet fleet;
  private CachingConnectionFactory connections;
  private final ScheduledExecutorService late = Executors.newSingleThreadScheduledExecutor();

  @BeforeEach
  void start() {
    fleet = new TestFleet(BROKER);
    connections = new CachingConnectionFactory(URI.create(BROKER.uri()));
  }

  @AfterEach
  void stop() {
    connections.destroy();
    late.shutdownNow();
    fleet.close();
  }

  /** The client tells of deliveries on threads of its own, which a busy machine lets wait. */
  @Test
  void deliveryThatTheClientHasNotToldOfYetComesWithTheCancel() throws Exception {
    connections.setExecutor(Executors.newCachedThreadPool(task -> new Thread(() -> later(task))));
    LaneChannel channel =
        LaneChannel.open(
            connections, "auto", Duration.ofHours(1), List.of("image"), Clock.systemUTC());
    // The job is there before it is asked for: a queue of none is then one that was handed out.
    fleet.publish(Jobs.image().build());
    await().until(() -> fleet.waiting(IMAGE) == 1);
    channel.consume("image", 0);
    await().pollInterval(Duration.ofMillis(5)).until(() -> fleet.waiting(IMAGE) == 0);

    Delivery delivery = channel.cancel();

    assertThat(delivery).isNotNull();
    channel.giveBack(delivery);
    await().until(() -> fleet.waiting(IMAGE) == 1);
    channel.close();
  }

  private void later(Runnable task) {
    try {
      late.schedule(task, 500, TimeUnit.MILLISECONDS).get();
    } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
      Thread.currentThread().interrupt();
    }
  }
}
