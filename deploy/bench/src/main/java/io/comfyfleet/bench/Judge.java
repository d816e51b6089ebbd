package io.comfyfleet.bench;

import io.comfyfleet.bench.Ledger.AcceptedJob;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares what was accepted with what was answered. One use, one thread. */
final class Judge {

  /** A job that could not begin because another one failed has no letter of its own. */
  private static final Set<String> WITHOUT_LETTER = Set.of("dependency_failed");

  private final Evidence evidence;
  private final Map<String, RunState> runs;
  private final Map<String, JobEnd> ends = new HashMap<>();
  private final Map<String, List<Reply>> replies;
  private final Explanations explanations;

  private Judge(Evidence evidence) {
    this.evidence = evidence;
    runs = evidence.runs().stream().collect(Collectors.toMap(RunState::runId, run -> run));
    evidence.runs().forEach(run -> run.ends().forEach(end -> ends.put(end.jobId(), end)));
    replies =
        evidence.replies().stream()
            .collect(Collectors.groupingBy(reply -> String.valueOf(reply.correlationId())));
    explanations = new Explanations(evidence, ends);
  }

  static Verdict judge(Evidence evidence) {
    return new Judge(evidence).verdict();
  }

  private Verdict verdict() {
    SortedMap<String, Integer> againBy = new TreeMap<>();
    List<String> withoutNeed = new ArrayList<>();
    explanations.rendersAgain(againBy, withoutNeed);
    return new Verdict(
        evidence.accepted().size(),
        counts(ends.values(), JobEnd::status),
        lost(),
        answeredTwice(),
        new WrongEnds(evidence).lines(),
        unended(),
        repeatsByKey(),
        againBy,
        withoutNeed,
        counts(evidence.letters(), Letter::reason),
        unexplained(),
        silent(),
        evidence.missed(),
        evidence.refusals(),
        evidence.surprises(),
        evidence.leftBehind());
  }

  private List<String> lost() {
    Map<String, List<Answer>> byRun =
        evidence.answers().stream()
            .filter(Answer::hasResults)
            .collect(Collectors.groupingBy(Answer::runId));
    List<String> lost = new ArrayList<>();
    for (AcceptedJob job : evidence.accepted()) {
      String jobId = job.jobId().toString();
      if (!ends.containsKey(jobId)) {
        lost.add(jobId + " of " + job.runId());
      } else if (!byRun.getOrDefault(job.runId(), List.of()).stream()
          .allMatch(answer -> answer.tellsOf(jobId))) {
        lost.add(jobId + " of " + job.runId() + ": not in its run.completed");
      } else if (job.byMessage() && !replies.containsKey(jobId)) {
        lost.add(jobId + " of " + job.runId() + ": no answer on its reply_to");
      }
    }
    return lost;
  }

  private List<String> unended() {
    Set<String> told = evidence.answers().stream().map(Answer::runId).collect(Collectors.toSet());
    List<String> unended = new ArrayList<>();
    for (String runId : evidence.accepted().stream().map(AcceptedJob::runId).distinct().toList()) {
      RunState run = runs.get(runId);
      if (run == null || !run.isEnded()) {
        unended.add(runId + ": " + (run == null ? "unknown" : run.status()));
      } else if (!told.contains(runId)) {
        unended.add(runId + ": " + run.status() + ", but its end was never told");
      }
    }
    return unended;
  }

  private List<String> answeredTwice() {
    List<String> twice = new ArrayList<>();
    Map<String, List<Answer>> byRun =
        evidence.answers().stream()
            .collect(Collectors.groupingBy(Answer::runId, LinkedHashMap::new, Collectors.toList()));
    byRun.forEach((runId, answers) -> {
      List<String> keys = answers.stream().map(Judge::key).toList();
      if (areTwo(keys)) {
        twice.add(runId + ": " + keys.size() + " ends under the keys " + Set.copyOf(keys));
      }
      answers.stream()
          .distinct()
          .collect(Collectors.groupingBy(Judge::key, TreeMap::new, Collectors.counting()))
          .forEach((key, different) -> {
            if (different > 1) {
              twice.add(runId + ": " + different + " different ends under the key " + key);
            }
          });
    });
    replies.forEach((jobId, answers) -> {
      List<String> keys = answers.stream().map(reply -> orEmpty(reply.key())).toList();
      if (areTwo(keys)) {
        twice.add(
            jobId + ": " + keys.size() + " answers on reply_to under the keys " + Set.copyOf(keys));
      }
    });
    Map<String, List<JobEnd>> told = Answer.byJob(evidence.answers());
    evidence
        .replies()
        .forEach(reply ->
            told.computeIfAbsent(reply.end().jobId(), id -> new ArrayList<>()).add(reply.end()));
    told.forEach((jobId, known) -> {
      Set<JobEnd> different = new HashSet<>(known);
      if (ends.containsKey(jobId)) {
        different.add(ends.get(jobId));
      }
      if (different.size() > 1) {
        twice.add(jobId + ": " + different.size() + " different results");
      }
    });
    return twice;
  }

  private int repeatsByKey() {
    Set<String> seen = new HashSet<>();
    int repeats = 0;
    for (Answer answer : evidence.answers()) {
      if (!key(answer).isEmpty() && !seen.add(answer.runId() + " " + key(answer))) {
        repeats++;
      }
    }
    return repeats;
  }

  /** Nobody sends a job again from the dead letters here: each job has one end and one letter. */
  private List<String> unexplained() {
    Set<String> seen = new HashSet<>();
    List<String> unexplained = new ArrayList<>();
    for (Letter letter : evidence.letters()) {
      JobEnd end = ends.get(letter.jobId());
      boolean first = seen.add(letter.jobId());
      if (!first && !letter.repeated()) {
        unexplained.add(line(letter) + ", a second letter");
      } else if (end != null && end.isSucceeded()) {
        unexplained.add(line(letter) + ", but the job succeeded");
      } else if (!explanations.explains(letter)) {
        unexplained.add(line(letter));
      }
    }
    return unexplained;
  }

  private List<String> silent() {
    Set<String> lettered =
        evidence.letters().stream().map(Letter::jobId).collect(Collectors.toSet());
    return ends.values().stream()
        .filter(end -> end.status().equals("failed"))
        .filter(end -> !WITHOUT_LETTER.contains(String.valueOf(end.code())))
        .filter(end -> !lettered.contains(end.jobId()))
        .map(end -> end.jobId() + ": " + end.code() + " on " + end.nodeId())
        .toList();
  }

  /** Whether a receiver that drops repeats by their key would take more than one. */
  private static boolean areTwo(List<String> keys) {
    return Set.copyOf(keys).size() > 1 || (keys.size() > 1 && keys.contains(""));
  }

  private static String key(Answer answer) {
    return orEmpty(answer.key());
  }

  private static String orEmpty(@Nullable String key) {
    return key == null ? "" : key;
  }

  private static String line(Letter letter) {
    String attempts =
        letter.failures().stream()
            .map(failure -> failure.code() + " on " + failure.nodeId())
            .collect(Collectors.joining(", "));
    return letter.jobId() + ": " + letter.reason() + " " + letter.words() + " [" + attempts + "]";
  }

  private static <T> SortedMap<String, Integer> counts(
      Collection<T> items, Function<T, String> name) {
    return items.stream().collect(Collectors.toMap(name, item -> 1, Integer::sum, TreeMap::new));
  }
}
