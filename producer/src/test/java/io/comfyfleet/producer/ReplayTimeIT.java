package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A job that is sent again, however often, has as much time as at first. */
class ReplayTimeIT {
  private static final Duration DEADLINE = Duration.ofMinutes(10);
  private static final Duration EXPIRY = Duration.ofMinutes(5);

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  private final AtomicReference<Duration> later = new AtomicReference<>(Duration.ZERO);

  private Instant now() {
    return Instant.now().plus(later.get());
  }

  @Test
  void eachReplayHasAsMuchTimeAsTheFirstTry() throws Exception {
    InstantSource clock = this::now;
    try (Producer producer = Producer.start(BROKER.uri(), folder, clock.withZone(ZoneOffset.UTC));
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      Map<String, Object> first =
          Map.of("type", "image", "prompt", "a", "key", "a", "expires_in", EXPIRY.toSeconds());
      Map<String, Object> second =
          Map.of("type", "image", "prompt", "b", "depends_on", "a", "expires_in", 300);
      producer.post(
          "/api/runs",
          Map.of("run_id", "r", "deadline", DEADLINE.toSeconds(), "jobs", List.of(first, second)));

      for (int replay = 1; replay <= 3; replay++) {
        die(producer, worker);
        later.updateAndGet(before -> before.plusHours(1));
        Instant sent = now();
        String letter = producer.get("/api/dead-letters").body().at("/letters/0/id").asString();
        assertThat(producer.post("/api/dead-letters/" + letter + "/replay", "").status())
            .isEqualTo(200);

        String deadline = producer.get("/api/runs/r").body().get("deadline_at").asString();
        assertThat(Duration.between(sent, Instant.parse(deadline)))
            .as("deadline of replay " + replay)
            .isBetween(DEADLINE, DEADLINE.plusSeconds(10));
      }
      Job last = worker.take(Topology.laneQueue("image")).job();
      assertThat(Duration.between(now(), last.expiresAt()))
          .isBetween(EXPIRY.minusSeconds(20), EXPIRY);
      worker.succeed(last);
      Job dependent = worker.take(Topology.laneQueue("image")).job();
      assertThat(Duration.between(now(), dependent.expiresAt()))
          .isBetween(EXPIRY.minusSeconds(20), EXPIRY);
    }
  }

  private static void die(Producer producer, FakeWorker worker) {
    FakeWorker.Taken taken = worker.take(Topology.laneQueue("image"));
    worker.giveUp(taken, ErrorCode.EXECUTION_FAILED, "it broke", "gpu-1", Instant.now());
    String job = "/api/jobs/" + taken.job().jobId() + "?wait=20";
    assertThat(producer.get(job).body().get("status").asString()).isEqualTo("failed");
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }
}
