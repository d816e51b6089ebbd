package io.comfyfleet.worker;

import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Input;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Workflow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Makes jobs for tests; every value that a test does not care about has one that works. */
public final class Jobs {
  private UUID jobId = UUID.randomUUID();
  private JobType type = JobType.IMAGE;
  private int priority = Job.DEFAULT_PRIORITY;
  private Workflow workflow = picture(0);
  private List<Input> inputs = new ArrayList<>();
  private Duration timeout = Duration.ofSeconds(60);
  private @Nullable Instant expiresAt;
  private int maxAttempts = 3;

  private Jobs() {}

  /** An image job that saves one picture at once. */
  public static Jobs image() {
    return new Jobs();
  }

  /** The same on the video lane. */
  public static Jobs video() {
    Jobs job = new Jobs();
    job.type = JobType.VIDEO;
    return job;
  }

  /** A first attempt that ended so. */
  public static Attempt ended(String nodeId, ErrorCode code) {
    return new Attempt(1, nodeId, Instant.now(), Instant.now(), JobError.retryable(code, "test"));
  }

  /** A graph that saves one picture after so many seconds, never from the cache. */
  public static Workflow picture(double seconds) {
    int color = ThreadLocalRandom.current().nextInt(0xffffff);
    Map<String, @Nullable Object> empty =
        Map.of(
            "class_type",
            "EmptyImage",
            "inputs",
            Map.of("width", 64, "height", 64, "batch_size", 1, "color", color));
    if (seconds <= 0) {
      return new Workflow(Map.of("1", empty, "3", save("1")));
    }
    return new Workflow(
        Map.of(
            "1",
            empty,
            "2",
            Map.of(
                "class_type",
                "TestSleep",
                "inputs",
                Map.of("value", List.of("1", 0), "seconds", seconds)),
            "3",
            save("2")));
  }

  private static Map<String, @Nullable Object> save(String from) {
    return Map.of(
        "class_type",
        "SaveImage",
        "inputs",
        Map.of("images", List.of(from, 0), "filename_prefix", "test"));
  }

  /** With that graph. */
  public Jobs workflow(Workflow graph) {
    workflow = graph;
    return this;
  }

  /** Taking so long in ComfyUI. */
  public Jobs seconds(double seconds) {
    return workflow(picture(seconds));
  }

  /** With that priority. */
  public Jobs priority(int value) {
    priority = value;
    return this;
  }

  /** With that input. */
  public Jobs input(Input input) {
    inputs.add(input);
    return this;
  }

  /** With that time limit. */
  public Jobs timeout(Duration limit) {
    timeout = limit;
    return this;
  }

  /** With that expiry. */
  public Jobs expiresAt(Instant instant) {
    expiresAt = instant;
    return this;
  }

  /** With so many attempts. */
  public Jobs maxAttempts(int attempts) {
    maxAttempts = attempts;
    return this;
  }

  /** The job. */
  public Job build() {
    return new Job(
        jobId,
        "run-" + jobId,
        1,
        0,
        type,
        type.wireName(),
        priority,
        null,
        null,
        Map.of(),
        workflow,
        inputs,
        timeout,
        expiresAt,
        1,
        maxAttempts,
        List.of(),
        null,
        Instant.now(),
        null,
        Map.of("scene", 7));
  }
}
