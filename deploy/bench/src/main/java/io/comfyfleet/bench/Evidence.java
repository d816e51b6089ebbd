package io.comfyfleet.bench;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything the judge looks at.
 *
 * @param accepted the jobs that the fleet promised to do
 * @param cancelled runs that were asked to be cancelled, whatever came of it
 * @param refusals valid requests that were refused, in words
 * @param answers every {@code run.completed} that came
 * @param replies every answer to a message
 * @param runs what the producer said about every run in the end
 * @param renders every prompt that a machine ran to success
 * @param files what is at the addresses that results name; without those where nothing is
 * @param letters the dead letters
 * @param strikes the faults that struck
 * @param missed planned faults that could not be carried out, in words
 * @param arrivals when an answer came
 * @param surprises processes that ended by themselves, in words
 * @param leftBehind nodes that did not come back and queues that were not emptied, in words
 */
record Evidence(
    List<Ledger.AcceptedJob> accepted,
    Set<String> cancelled,
    List<String> refusals,
    List<Answer> answers,
    List<Reply> replies,
    List<RunState> runs,
    List<Render> renders,
    Map<String, OutputFile> files,
    List<Letter> letters,
    List<Struck> strikes,
    List<String> missed,
    List<Instant> arrivals,
    List<String> surprises,
    List<String> leftBehind) {

  Evidence {
    accepted = List.copyOf(accepted);
    cancelled = Set.copyOf(cancelled);
    refusals = List.copyOf(refusals);
    answers = List.copyOf(answers);
    replies = List.copyOf(replies);
    runs = List.copyOf(runs);
    renders = List.copyOf(renders);
    files = Map.copyOf(files);
    letters = List.copyOf(letters);
    strikes = List.copyOf(strikes);
    missed = List.copyOf(missed);
    arrivals = List.copyOf(arrivals);
    surprises = List.copyOf(surprises);
    leftBehind = List.copyOf(leftBehind);
  }
}
