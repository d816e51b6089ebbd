package io.comfyfleet.bench;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What came of everything. Lists hold one line per case, for people to look into.
 *
 * @param submitted jobs accepted
 * @param endings how many jobs ended how, by status
 * @param lost jobs without a terminal result
 * @param answeredTwice runs answered under two keys or without one, and jobs with two results
 * @param answeredWrongly jobs with an end that they cannot have
 * @param unended runs that are still open, or whose end was never told
 * @param repeatsByKey answers that a receiver drops because it saw their key before
 * @param againBy how many renders of a job that was rendered already, by the fault that explains it
 * @param againWithoutNeed the same without any
 * @param letters how many dead letters, by reason
 * @param unexplained dead letters that the schedule does not explain
 * @param silent jobs that failed without a dead letter
 * @param missed planned faults that could not be carried out
 * @param refused valid requests that were refused
 * @param surprises processes that ended by themselves
 * @param leftBehind nodes that did not come back and queues that were not emptied
 */
record Verdict(
    int submitted,
    SortedMap<String, Integer> endings,
    List<String> lost,
    List<String> answeredTwice,
    List<String> answeredWrongly,
    List<String> unended,
    int repeatsByKey,
    SortedMap<String, Integer> againBy,
    List<String> againWithoutNeed,
    SortedMap<String, Integer> letters,
    List<String> unexplained,
    List<String> silent,
    List<String> missed,
    List<String> refused,
    List<String> surprises,
    List<String> leftBehind) {

  Verdict {
    endings = new TreeMap<>(endings);
    lost = List.copyOf(lost);
    answeredTwice = List.copyOf(answeredTwice);
    answeredWrongly = List.copyOf(answeredWrongly);
    unended = List.copyOf(unended);
    againBy = new TreeMap<>(againBy);
    againWithoutNeed = List.copyOf(againWithoutNeed);
    letters = new TreeMap<>(letters);
    unexplained = List.copyOf(unexplained);
    silent = List.copyOf(silent);
    missed = List.copyOf(missed);
    refused = List.copyOf(refused);
    surprises = List.copyOf(surprises);
    leftBehind = List.copyOf(leftBehind);
  }

  /** Whether it was hurt as planned and kept every promise. Renders without need cost time only. */
  boolean isGood() {
    return lost.isEmpty()
        && answeredTwice.isEmpty()
        && answeredWrongly.isEmpty()
        && unended.isEmpty()
        && unexplained.isEmpty()
        && silent.isEmpty()
        && missed.isEmpty()
        && refused.isEmpty()
        && surprises.isEmpty()
        && leftBehind.isEmpty();
  }
}
