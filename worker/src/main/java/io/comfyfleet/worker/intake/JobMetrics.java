package io.comfyfleet.worker.intake;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Timings;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.telemetry.MetricNames;
import io.comfyfleet.worker.execution.Outcome;
import io.comfyfleet.worker.execution.RunningAttempt;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts and times what becomes of jobs here. Thread-safe.
 *
 * <ol>
 *   <li>Counters are there from the start, at 0: the first failure must show as a rise.
 *   <li>Templates are the operator's and few; what a foreign sender makes of the name is not, so
 *       their number is bounded.
 * </ol>
 */
final class JobMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(20),
    Duration.ofSeconds(30),
    Duration.ofMinutes(1),
    Duration.ofMinutes(2),
    Duration.ofMinutes(5),
    Duration.ofMinutes(10),
    Duration.ofMinutes(30),
    Duration.ofHours(1),
    Duration.ofHours(2),
    Duration.ofHours(6)
  };
  private static final int MOST_TEMPLATES = 50;
  private static final String TYPE = "type";
  private static final String REASON = "reason";

  /** Inputs of ComfyUI's loaders by which the large models come into the GPU's memory. */
  private static final Set<String> MODEL_INPUTS = Set.of("ckpt_name", "unet_name");

  private final MeterRegistry registry;
  private final Counter modelSwitches;
  private final Counter givenBack;
  private final Set<String> templates = ConcurrentHashMap.newKeySet();
  private Set<String> lastModels = Set.of();

  JobMetrics(MeterRegistry registry) {
    this.registry = registry;
    modelSwitches = registry.counter(MetricNames.MODEL_SWITCHES);
    givenBack = registry.counter(MetricNames.GIVEN_BACK);
    for (JobType type : JobType.values()) {
      byType(MetricNames.RETRIES, type);
      byType(MetricNames.REDELIVERIES, type);
      byType(MetricNames.REATTACHMENTS, type);
      attempts("succeeded", "none", type);
    }
    for (ErrorCode code : ErrorCode.values()) {
      dead(code, 0);
    }
  }

  /** An attempt begins. */
  void began(RunningAttempt attempt) {
    Job job = attempt.job();
    timer(MetricNames.JOB_WAIT, job).record(attempt.waited());
    if (attempt.redelivered()) {
      byType(MetricNames.REDELIVERIES, job.type()).increment();
    }
  }

  /** An attempt ended. */
  void ended(RunningAttempt attempt, Outcome outcome) {
    Job job = attempt.job();
    if (attempt.isReattached()) {
      byType(MetricNames.REATTACHMENTS, job.type()).increment();
    }
    switch (outcome) {
      case Outcome.Completed completed -> {
        attempts("succeeded", "none", job.type()).increment();
        timed(job, completed.result().timings());
      }
      case Outcome.Ended ended -> {
        String destiny = ended.error().destiny().name().toLowerCase(Locale.ROOT);
        attempts(destiny, ended.error().code().wireName(), job.type()).increment();
        timed(job, ended.timings());
      }
      case Outcome.Deferred _ -> attempts("deferred", "none", job.type()).increment();
      case Outcome.Superseded _ -> attempts("superseded", "none", job.type()).increment();
    }
  }

  /** A job was put to wait for its next attempt. */
  void retried(Job job) {
    byType(MetricNames.RETRIES, job.type()).increment();
  }

  /** A letter is among the dead ones. */
  void dead(ErrorCode reason) {
    dead(reason, 1);
  }

  /** A delivery went back to its queue. */
  void givenBack() {
    givenBack.increment();
  }

  private void timed(Job job, Timings timings) {
    if (timings.runMs() > 0) {
      timer(MetricNames.JOB_RUN, job).record(Duration.ofMillis(timings.runMs()));
      ran(job.workflow());
    }
    if (timings.storeMs() > 0) {
      timer(MetricNames.JOB_STORE, TYPE, job.type().wireName())
          .record(Duration.ofMillis(timings.storeMs()));
    }
  }

  private synchronized void ran(Workflow workflow) {
    Set<String> models = models(workflow);
    if (models.isEmpty() || models.equals(lastModels)) {
      return;
    }
    if (!lastModels.isEmpty()) {
      modelSwitches.increment();
    }
    lastModels = models;
  }

  private static Set<String> models(Workflow workflow) {
    Set<String> models = new TreeSet<>();
    workflow
        .graph()
        .values()
        .forEach(node ->
            Workflow.inputs(node)
                .forEach((name, value) -> {
                  if (MODEL_INPUTS.contains(name) && value instanceof String model) {
                    models.add(model);
                  }
                }));
    return models;
  }

  private Timer timer(String name, Job job) {
    return timer(name, TYPE, job.type().wireName(), "template", template(job));
  }

  private Timer timer(String name, String... tags) {
    return Timer.builder(name).serviceLevelObjectives(BUCKETS).tags(tags).register(registry);
  }

  private String template(Job job) {
    String name = job.template();
    if (name == null) {
      return "graph";
    }
    return templates.size() < MOST_TEMPLATES && templates.add(name) || templates.contains(name)
        ? name
        : "other";
  }

  private Counter byType(String name, JobType type) {
    return registry.counter(name, TYPE, type.wireName());
  }

  private Counter attempts(String outcome, String reason, JobType type) {
    return registry.counter(
        MetricNames.ATTEMPTS, "outcome", outcome, REASON, reason, TYPE, type.wireName());
  }

  private void dead(ErrorCode reason, int letters) {
    registry.counter(MetricNames.DEAD_LETTERS, REASON, reason.wireName()).increment(letters);
  }
}
