package io.comfyfleet.job;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What was asked for, complete in itself: a worker needs nothing but this message. Immutable but
 * for {@code attempt} and {@code attempts}, which a retry carries on ({@link #nextAttempt}).
 *
 * @param jobId chosen by the sender or given at acceptance; the AMQP {@code message_id}
 * @param runId the run that collects the result, 1 to 100 characters
 * @param runSize number of jobs in the run when the sender knows it; null otherwise
 * @param index position in the run's ordered results, from 0
 * @param type what it makes
 * @param lane routing key of the queue it waits in, see {@link #LANE_LENGTH}
 * @param priority 1 to 10, 10 first
 * @param prompt the text that was asked for, for people to read; already in the graph
 * @param template name of the template the graph was rendered from; null for a sent graph
 * @param params the template's parameters after defaults; empty for a sent graph
 * @param workflow the graph to run
 * @param inputs files that the graph names by placeholder
 * @param timeout limit of one attempt's run time, whole seconds, 1 s to 24 h
 * @param expiresAt when a job that has not begun is given up; null for never
 * @param attempt number of the attempt that the next delivery starts, from 1
 * @param maxAttempts after how many failed attempts it is given up, 1 to 20
 * @param attempts what became of the earlier attempts, oldest first
 * @param replay how often an operator has sent it again from the dead letters; null for never
 * @param createdAt when it was accepted
 * @param callbackUrl where the job's result is POSTed; null for nowhere
 * @param metadata the sender's own; carried to the result untouched, at most 16 KiB as JSON
 */
public record Job(
    UUID jobId,
    String runId,
    @Nullable Integer runSize,
    int index,
    JobType type,
    String lane,
    int priority,
    @Nullable String prompt,
    @Nullable String template,
    Map<String, @Nullable Object> params,
    Workflow workflow,
    List<Input> inputs,
    Duration timeout,
    @Nullable Instant expiresAt,
    int attempt,
    int maxAttempts,
    List<Attempt> attempts,
    @Nullable Integer replay,
    Instant createdAt,
    @Nullable URI callbackUrl,
    Map<String, @Nullable Object> metadata) {

  /** Lowest priority. */
  public static final int LOWEST_PRIORITY = 1;

  /** Highest priority: served first. */
  public static final int HIGHEST_PRIORITY = 10;

  /** Priority of a job that states none. */
  public static final int DEFAULT_PRIORITY = 5;

  /** After so many attempts during which the node broke a job is dead. */
  public static final int MOST_SETBACKS = 5;

  /** Most characters of a lane's name. */
  public static final int LANE_LENGTH = 64;

  /** Most characters of a run's id. */
  public static final int RUN_ID_LENGTH = 100;

  /** Most jobs of one run. */
  public static final int MAX_RUN_SIZE = 10_000;

  /** Most characters of a prompt. */
  public static final int PROMPT_LENGTH = 20_000;

  /** Most times that a job can be sent again from the dead letters. */
  public static final int MOST_REPLAYS = 1_000;

  /** Longest run time limit. */
  public static final Duration LONGEST_TIMEOUT = Duration.ofHours(24);

  /**
   * Checks every field and copies the collections.
   *
   * @throws InvalidMessageException naming the first field that breaks the contract
   */
  public Job {
    Require.present("job_id", jobId);
    Require.name("run_id", runId, RUN_ID_LENGTH);
    if (runSize != null) {
      Require.within("run_size", runSize, 1, MAX_RUN_SIZE);
    }
    Require.within("index", index, 0, MAX_RUN_SIZE - 1);
    if (runSize != null && index >= runSize) {
      throw new InvalidMessageException(
          "index", "must be below run_size " + runSize + ", was " + index);
    }
    Require.present("type", type);
    lane = lane(lane);
    Require.within("priority", priority, LOWEST_PRIORITY, HIGHEST_PRIORITY);
    Require.atMost("prompt", prompt, PROMPT_LENGTH);
    Require.atMost("template", template, 100);
    params = Require.copy(params);
    Require.present("workflow", workflow);
    inputs = inputs == null ? List.of() : List.copyOf(inputs);
    placeholdersMatch(workflow, inputs);
    Require.present("timeout", timeout);
    Require.within("timeout", timeout, Duration.ofSeconds(1), LONGEST_TIMEOUT);
    Require.within("max_attempts", maxAttempts, 1, 20);
    Require.within("attempt", attempt, 1, maxAttempts);
    attempts = attempts == null ? List.of() : List.copyOf(attempts);
    if (replay != null) {
      Require.within("replay", replay, 1, MOST_REPLAYS);
    }
    Require.present("created_at", createdAt);
    metadata = Require.copy(metadata);
  }

  /**
   * The same job after an attempt that did not succeed; the attempt's number grows only when it
   * counts.
   *
   * @param ended what became of the attempt
   * @throws InvalidMessageException when no attempt is left
   */
  public Job nextAttempt(Attempt ended) {
    List<Attempt> history = new java.util.ArrayList<>(attempts);
    history.add(ended);
    return with(expiresAt, ended.counts() ? attempt + 1 : attempt, history, replay);
  }

  /**
   * The same job as an operator sends it again from the dead letters: its first attempt is before
   * it, and nothing of the earlier ones counts.
   *
   * @param number which replay of the job this is, from 1
   * @param newExpiry when it is given up if it has not begun; null for never
   */
  public Job replayed(int number, @Nullable Instant newExpiry) {
    return with(newExpiry, 1, List.of(), number);
  }

  private Job with(
      @Nullable Instant expiry, int number, List<Attempt> history, @Nullable Integer replays) {
    return new Job(
        jobId,
        runId,
        runSize,
        index,
        type,
        lane,
        priority,
        prompt,
        template,
        params,
        workflow,
        inputs,
        timeout,
        expiry,
        number,
        maxAttempts,
        history,
        replays,
        createdAt,
        callbackUrl,
        metadata);
  }

  /**
   * Name of the try that the next delivery starts, the same wherever and whenever it is asked for,
   * and different from those of all earlier tries, also of the ones that did not count and of those
   * before a replay.
   */
  public String tryName() {
    long uncounted = attempts.stream().filter(ended -> !ended.counts()).count();
    return jobId
        + (replay == null ? "" : "/replay-" + replay)
        + "/"
        + attempt
        + (uncounted == 0 ? "" : "." + uncounted);
  }

  /** Whether that node has found that it can never do this job. */
  public boolean excludes(String nodeId) {
    return attempts.stream()
        .anyMatch(
            ended -> ended.error().destiny() == Destiny.ELSEWHERE && ended.nodeId().equals(nodeId));
  }

  /** How many nodes broke while they had this job. */
  public int setbacks() {
    return (int)
        attempts.stream().filter(ended -> ended.error().destiny() == Destiny.CLOSE_NODE).count();
  }

  /**
   * A lane's name, checked: lower case, digits, dot, hyphen and underscore, at most {@value
   * #LANE_LENGTH} characters.
   *
   * @throws InvalidMessageException (field {@code lane}) otherwise
   */
  public static String lane(@Nullable String name) {
    Require.name("lane", name, LANE_LENGTH);
    if (!name.matches("[a-z0-9][a-z0-9._-]*")) {
      throw new InvalidMessageException(
          "lane", "must be lower case letters, digits, '.', '_' or '-', was \"" + name + "\"");
    }
    return name;
  }

  private static void placeholdersMatch(Workflow workflow, List<Input> inputs) {
    Set<String> names = new TreeSet<>();
    for (Input input : inputs) {
      if (!names.add(input.name())) {
        throw new InvalidMessageException("inputs", "names \"" + input.name() + "\" twice");
      }
    }
    Set<String> wanted = workflow.placeholders();
    if (!names.equals(wanted)) {
      throw new InvalidMessageException(
          "inputs",
          "must match the workflow's placeholders "
              + wanted
              + " (an input value \"fleet-input:NAME\"), was "
              + names);
    }
  }
}
