package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Limits that a job leaves open are the operator's, by type. */
class LimitsIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  @Test
  void jobsThatStateNoLimitsHaveThoseOfTheirType() throws Exception {
    try (Producer producer =
            Producer.start(
                BROKER.uri(),
                folder,
                "--fleet.jobs.image.timeout=90s",
                "--fleet.jobs.image.max-attempts=5",
                "--fleet.jobs.image.expires-in=10m");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      producer.post("/api/comfyui/dispatch", Producer.image("x"));
      Job image = worker.take(Topology.laneQueue("image")).job();
      producer.post("/api/comfyui/dispatch", Map.of("type", "video", "prompt", "x"));
      Job video = worker.take(Topology.laneQueue("video")).job();
      producer.post(
          "/api/comfyui/dispatch",
          Map.of("type", "image", "prompt", "x", "timeout", 7, "max_attempts", 1));
      Job own = worker.take(Topology.laneQueue("image")).job();

      assertThat(image.timeout()).isEqualTo(Duration.ofSeconds(90));
      assertThat(image.maxAttempts()).isEqualTo(5);
      assertThat(image.expiresAt()).isEqualTo(image.createdAt().plus(Duration.ofMinutes(10)));
      assertThat(video.timeout()).isEqualTo(Duration.ofHours(1));
      assertThat(video.maxAttempts()).isEqualTo(3);
      assertThat(video.expiresAt()).isNull();
      assertThat(own.timeout()).isEqualTo(Duration.ofSeconds(7));
      assertThat(own.maxAttempts()).isEqualTo(1);
    }
  }
}
