package io.comfyfleet.worker.execution;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.Timings;
import io.comfyfleet.job.Words;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.node.RunningJob.Phase;
import io.comfyfleet.worker.artifact.InputTransfer;
import io.comfyfleet.worker.artifact.OutputTransfer;
import io.comfyfleet.worker.artifact.TransferException;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.ComfyProperties;
import io.comfyfleet.worker.comfy.ComfySocket;
import io.comfyfleet.worker.comfy.HealthProperties;
import io.comfyfleet.worker.comfy.PromptEnd;
import io.comfyfleet.worker.comfy.PromptOutput;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Runs one attempt of a job from its message to its outcome. Thread-safe; blocks until the attempt
 * has ended. Every expected error becomes an outcome here; an exception that leaves it is a fault
 * of this program.
 */
public final class JobHandler {
  private static final int TEXT_LENGTH = 100_000;

  private final ComfyClient comfy;
  private final ComfySocket socket;
  private final ComfyProperties properties;
  private final HealthProperties health;
  private final InputTransfer inputs;
  private final OutputTransfer outputs;
  private final String nodeId;
  private final Clock clock;

  /**
   * @param comfy the node's ComfyUI
   * @param socket its events
   * @param properties poll intervals and patience
   * @param health when a prompt is taken to hang
   * @param inputs moves inputs
   * @param outputs moves outputs
   * @param nodeId name of this node, for results
   * @param clock the worker's clock
   */
  public JobHandler(
      ComfyClient comfy,
      ComfySocket socket,
      ComfyProperties properties,
      HealthProperties health,
      InputTransfer inputs,
      OutputTransfer outputs,
      String nodeId,
      Clock clock) {
    this.comfy = comfy;
    this.socket = socket;
    this.properties = properties;
    this.health = health;
    this.inputs = inputs;
    this.outputs = outputs;
    this.nodeId = nodeId;
    this.clock = clock;
  }

  /**
   * Runs an attempt to its end.
   *
   * @param attempt the attempt; shows how far it is and can be stopped meanwhile
   */
  public Outcome handle(RunningAttempt attempt) {
    Job job = attempt.job();
    Watch watch = new Watch(attempt.waited().toMillis());
    if (attempt.isFirst() && job.expiresAt() != null && clock.instant().isAfter(job.expiresAt())) {
      return new Outcome.Ended(ErrorClassification.expired(job.expiresAt()), watch.timings());
    }
    UUID promptId = PromptFactory.promptId(job);
    socket.follow(promptId, attempt);
    try {
      return run(attempt, watch);
    } catch (AttemptEnd e) {
      return cutShort(attempt, e.error(), watch);
    } catch (TransferException e) {
      return cutShort(attempt, ErrorClassification.transfer(e), watch);
    } catch (ComfyException e) {
      return cutShort(attempt, ErrorClassification.failedCall(e), watch);
    } finally {
      socket.ignore(promptId);
    }
  }

  /** What somebody asked for comes before what went wrong on the way. */
  private static Outcome cutShort(RunningAttempt attempt, JobError error, Watch watch) {
    return switch (attempt.stopReason()) {
      case null -> new Outcome.Ended(error, watch.timings());
      case DEFER -> new Outcome.Deferred();
      case DONE -> new Outcome.Superseded();
      case DRAIN, CANCEL -> new Outcome.Ended(attempt.stopError(), watch.timings());
    };
  }

  /** To be called when the result of a job is safe: ComfyUI need not remember it. */
  public void forget(RunningAttempt attempt) {
    new PromptRun(comfy, socket, properties, health, attempt).forget();
  }

  private Outcome run(RunningAttempt attempt, Watch watch) {
    PromptRun prompt = new PromptRun(comfy, socket, properties, health, attempt);
    attempt.checkStop();
    attempt.enter(Phase.PREPARE);
    if (prompt.isThere()) {
      attempt.reattached();
    } else {
      submit(prompt, attempt);
    }
    watch.prepared();
    attempt.enter(Phase.RUN);
    PromptEnd end = prompt.await();
    if (end.how() == PromptEnd.How.INTERRUPTED && attempt.isReattached()) {
      // By the worker that had submitted it and gave it back, and obeyed only now.
      prompt.forget();
      submit(prompt, attempt);
      end = prompt.await();
    }
    watch.ran();
    return switch (end.how()) {
      case SUCCEEDED -> succeeded(attempt, end, watch);
      case FAILED -> failed(end, watch);
      case INTERRUPTED -> new Outcome.Ended(ErrorClassification.interrupted(), watch.timings());
    };
  }

  private void submit(PromptRun prompt, RunningAttempt attempt) {
    Job job = attempt.job();
    Workflow graph = PromptFactory.graph(job, inputs.move(job, attempt::pause));
    attempt.checkStop();
    prompt.submit(graph, FleetPrompt.about(job, nodeId));
  }

  private Outcome succeeded(RunningAttempt attempt, PromptEnd end, Watch watch) {
    Job job = attempt.job();
    attempt.enter(Phase.STORE);
    if (end.outputs().isEmpty()) {
      return new Outcome.Ended(ErrorClassification.withoutOutput(), watch.timings());
    }
    Patience patience = new Patience(properties.patience(), attempt);
    List<Output> kept = new ArrayList<>();
    for (PromptOutput output : end.outputs()) {
      kept.add(
          switch (output) {
            case PromptOutput.StoredFile file ->
                patience.ask(() -> outputs.move(job, file, attempt::pause));
            case PromptOutput.Text text -> text(text);
          });
    }
    watch.stored();
    attempt.enter(Phase.STORE);
    boolean cached = end.cachedNodes() >= job.workflow().graph().size();
    return new Outcome.Completed(
        Result.succeeded(job, nodeId, kept, cached, watch.timings(), clock.instant()));
  }

  private Outcome failed(PromptEnd end, Watch watch) {
    JobError error = ErrorClassification.failed(end.failure());
    if (error.code() == ErrorCode.OUT_OF_MEMORY) {
      try {
        comfy.free();
      } catch (ComfyException e) {
        // The next attempt tells whether there is memory.
      }
    }
    return new Outcome.Ended(error, watch.timings());
  }

  private static Output text(PromptOutput.Text output) {
    String text = Words.first(TEXT_LENGTH, output.text());
    return new Output(
        output.node(),
        OutputKind.TEXT,
        null,
        null,
        "text/plain",
        text.getBytes(StandardCharsets.UTF_8).length,
        null,
        null,
        text);
  }

  /** Where the attempt's time goes. */
  private static final class Watch {
    private final long queuedMs;
    private long last = System.nanoTime();
    private long prepareMs;
    private long runMs;
    private long storeMs;

    Watch(long queuedMs) {
      this.queuedMs = queuedMs;
    }

    void prepared() {
      prepareMs = lap();
    }

    void ran() {
      runMs = lap();
    }

    void stored() {
      storeMs = lap();
    }

    Timings timings() {
      return new Timings(queuedMs, prepareMs, runMs, storeMs);
    }

    private long lap() {
      long now = System.nanoTime();
      long elapsed = (now - last) / 1_000_000;
      last = now;
      return elapsed;
    }
  }
}
