package io.comfyfleet.bench;

import io.comfyfleet.bench.JobEnd.FailedAttempt;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Made-up evidence: every job of its run {@code r1} ended well and was told once, until changed.
 */
final class Trial {

  static final Instant START = Instant.parse("2026-01-01T10:00:00Z");

  final List<Ledger.AcceptedJob> accepted = new ArrayList<>();
  final Set<String> cancelled = new HashSet<>();
  final List<String> refusals = new ArrayList<>();
  final List<Answer> answers = new ArrayList<>();
  final List<Reply> replies = new ArrayList<>();
  final List<RunState> runs = new ArrayList<>();
  final List<Render> renders = new ArrayList<>();
  final Map<String, OutputFile> files = new HashMap<>();
  final List<Letter> letters = new ArrayList<>();
  final List<Struck> strikes = new ArrayList<>();
  final List<String> missed = new ArrayList<>();
  final List<Instant> arrivals = new ArrayList<>();
  final List<String> surprises = new ArrayList<>();
  final List<String> leftBehind = new ArrayList<>();

  static Trial of(int jobs) {
    Trial trial = new Trial();
    List<JobEnd> ends = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      ends.add(succeeded(id(i), "node-1", "sha-" + i));
      trial.accepted.add(accepted(id(i), false));
      trial.keep("sha-" + i);
      trial.renders.add(render(id(i), "node-1", i, i + 1));
    }
    trial.runs.add(new RunState("r1", "completed", ends));
    trial.answers.add(answer("run-r1-completed", "completed", ends));
    return trial;
  }

  /** The output is where its result says. */
  void keep(String sha256) {
    files.put(file(sha256).url(), file(sha256));
  }

  static Answer answer(@Nullable String key, String status, List<JobEnd> ends) {
    return new Answer("r1", key, status, START, true, ends);
  }

  static String id(int number) {
    return new UUID(1, number).toString();
  }

  static Ledger.AcceptedJob accepted(String jobId, boolean pastDeadline) {
    return new Ledger.AcceptedJob("r1", UUID.fromString(jobId), pastDeadline, false, null, START);
  }

  /** The first job waits for another one. */
  void needs(String jobId) {
    UUID needed = UUID.fromString(jobId);
    accepted.set(
        0, new Ledger.AcceptedJob("r1", UUID.fromString(id(0)), false, false, needed, START));
  }

  /** The first job asked for by a message. */
  void byMessage() {
    accepted.set(0, new Ledger.AcceptedJob("r1", UUID.fromString(id(0)), false, true, null, START));
  }

  /** As the last attempt's node wrote it. */
  static Letter letter(String jobId, String reason, List<FailedAttempt> failures) {
    return new Letter(jobId, reason, "", START.plusSeconds(100), false, failures);
  }

  static JobEnd succeeded(String jobId, String nodeId, String output) {
    return succeeded(jobId, nodeId, output, 0);
  }

  static JobEnd succeeded(String jobId, String nodeId, String output, int at) {
    return new JobEnd(
        jobId, "succeeded", nodeId, START.plusSeconds(at), null, List.of(), List.of(file(output)));
  }

  static OutputFile file(String sha256) {
    return new OutputFile("http://producer/api/artifacts/" + sha256, 10, sha256);
  }

  /** Without a picture. */
  static JobEnd ended(String jobId, String status) {
    return ended(jobId, status, 0);
  }

  static JobEnd ended(String jobId, String status, int at) {
    return new JobEnd(jobId, status, "node-1", START.plusSeconds(at), null, List.of(), List.of());
  }

  static JobEnd failed(String jobId, String code, List<FailedAttempt> failures) {
    return new JobEnd(jobId, "failed", "node-1", START, code, failures, List.of());
  }

  static Render render(String jobId, String nodeId, int from, int to) {
    return new Render(nodeId, jobId, jobId + "/1", START.plusSeconds(from), START.plusSeconds(to));
  }

  static Struck struck(FaultKind kind, String nodeId, int from, int to) {
    return new Struck(kind, nodeId, START.plusSeconds(from), START.plusSeconds(to));
  }

  static FailedAttempt attempt(String nodeId, int ended, String code) {
    return new FailedAttempt(nodeId, START.plusSeconds(ended), code);
  }

  Verdict judge() {
    return Judge.judge(evidence());
  }

  Evidence evidence() {
    return new Evidence(
        accepted,
        cancelled,
        refusals,
        answers,
        replies,
        runs,
        renders,
        files,
        letters,
        strikes,
        missed,
        arrivals,
        surprises,
        leftBehind);
  }
}
