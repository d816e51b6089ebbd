package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that wait for others, and runs that end before all of their jobs. */
class DependencyIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder);
    worker = new FakeWorker(BROKER.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  private static Map<String, Object> graphWithInput() {
    return Map.of(
        "1", Map.of("class_type", "LoadImage", "inputs", Map.of("image", "fleet-input:scene")));
  }

  @Test
  void sixScenesAndTheirVideosEndAsTwelveOrderedResults() {
    List<Map<String, Object>> jobs = new ArrayList<>();
    for (int scene = 0; scene < 6; scene++) {
      jobs.add(Map.of("type", "image", "prompt", "scene " + scene, "key", "s" + scene));
      jobs.add(
          Map.of(
              "type", "video",
              "workflow", graphWithInput(),
              "inputs", List.of(Map.of("name", "scene", "job", "s" + scene))));
    }
    Producer.Answer accepted = producer.post("/api/runs", Map.of("jobs", jobs));

    assertThat(accepted.status()).as(accepted.body().toString()).isEqualTo(202);
    assertThat(accepted.body().at("/jobs/1/status").asString()).isEqualTo("waiting");
    List<Job> scenes = worker.takeJobs("image", 6);
    assertThat(worker.depth(Topology.laneQueue("video"))).isZero();
    for (Job scene : scenes) {
      worker.succeed(scene);
      Job video = worker.take(Topology.laneQueue("video")).job();
      assertThat(video.index()).isEqualTo(scene.index() + 1);
      assertThat(video.inputs().getFirst().artifact()).isEqualTo(FakeWorker.artifact(scene));
      worker.succeed(video);
    }
    RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(run.results())
        .extracting("index")
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(run.results().get(11).type()).isEqualTo(JobType.VIDEO);
  }

  @Test
  void failureEndsAllThatWaitForItHoweverFarBehind() {
    List<Map<String, Object>> jobs =
        List.of(
            Map.of("type", "image", "prompt", "a", "key", "a"),
            Map.of("type", "image", "prompt", "b", "key", "b", "depends_on", List.of("a")),
            Map.of("type", "image", "prompt", "c", "key", "c", "depends_on", "b"),
            Map.of("type", "image", "prompt", "d"));
    producer.post("/api/runs", Map.of("jobs", jobs));

    List<Job> first = worker.takeJobs("image", 2);
    worker.fail(first.get(0));
    worker.succeed(first.get(1));
    RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(run.status()).isEqualTo(RunStatus.PARTIAL);
    assertThat(run.counts().failed()).isEqualTo(3);
    assertThat(run.results().get(2).error().code()).isEqualTo(ErrorCode.DEPENDENCY_FAILED);
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
  }

  @Test
  void runThatNeedsTwoOfThreeCompletesWithTheSecond() {
    producer.post(
        "/api/runs",
        Map.of(
            "need",
            2,
            "jobs",
            List.of(Producer.image("a"), Producer.image("b"), Producer.image("c"))));

    List<Job> jobs = worker.takeJobs("image", 3);
    worker.succeed(jobs.get(2));
    worker.succeed(jobs.get(0));
    RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(run.counts().pending()).isEqualTo(1);
    worker.succeed(jobs.get(1));
    worker.awaitEmpty(Topology.RESULTS);
    assertThat(worker.depth(Topology.RUNS_COMPLETED_QUEUE)).isZero();
  }

  @Test
  void deadlineEndsTheRunAndGivesUpWhatWaitedInIt() {
    producer.post(
        "/api/runs",
        Map.of(
            "deadline",
            1,
            "jobs",
            List.of(
                Map.of("type", "image", "prompt", "a", "key", "a"),
                Map.of("type", "image", "prompt", "b", "depends_on", "a"))));

    Job job = worker.take(Topology.laneQueue("image")).job();
    assertThat(job.expiresAt()).isNotNull();
    RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(run.status()).isEqualTo(RunStatus.EXPIRED);
    assertThat(run.results().getFirst().status()).isEqualTo(ResultStatus.EXPIRED);
    worker.succeed(job);
    worker.awaitEmpty(Topology.RESULTS);
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
    assertThat(worker.depth(Topology.RUNS_COMPLETED_QUEUE)).isZero();
  }
}
