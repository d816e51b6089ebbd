package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.deadletter.DeadLetterQueue.Verdict;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.telemetry.LogKeys;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What people do with dead letters. Each call reads the queue itself, which is the truth; nothing
 * is kept between two calls. Thread-safe over all producers: one call at a time looks, the others
 * wait. Every method blocks, and throws {@link org.springframework.amqp.AmqpException} when the
 * broker is away and {@link ProblemException} when others look for too long.
 */
@Component
public class DeadLetterDesk {
  private static final Logger log = LoggerFactory.getLogger(DeadLetterDesk.class);

  /** Most letters of one page. */
  public static final int LONGEST_PAGE = 1_000;

  /** Those skipped that are told one by one. */
  private static final int MOST_TOLD = 1_000;

  /** A letter that is not in the queue so long after its replay does not come back. */
  private static final Duration NOTE_KEPT = Duration.ofHours(1);

  private static final Comparator<LetterSummary> OLDEST_FIRST =
      Comparator.comparing(LetterSummary::diedAt, Comparator.nullsFirst(Comparator.naturalOrder()));

  private final DeadLetterQueue queue;
  private final Replays replays;
  private final ReplayedLetterTable replayed;
  private final Reports reports;
  private final JsonMapper mapper;
  private final Clock clock;

  DeadLetterDesk(
      DeadLetterQueue queue,
      Replays replays,
      ReplayedLetterTable replayed,
      Reports reports,
      JsonMapper mapper,
      Clock clock) {
    this.queue = queue;
    this.replays = replays;
    this.replayed = replayed;
    this.reports = reports;
    this.mapper = mapper;
    this.clock = clock;
  }

  /**
   * A page of the letters, oldest first.
   *
   * @param limit letters at most, 1 to {@value #LONGEST_PAGE}
   * @param offset letters to leave out before it
   */
  public LetterPage list(LetterFilter filter, int limit, int offset) {
    within("limit", limit, 1, LONGEST_PAGE);
    within("offset", offset, 0, Integer.MAX_VALUE);
    int[] total = {0};
    List<LetterSummary> matching = new ArrayList<>();
    long unseen =
        look((letter, summary) -> {
          total[0]++;
          if (filter.matches(summary)) {
            matching.add(summary);
          }
          return Verdict.KEEP;
        });
    matching.sort(OLDEST_FIRST);
    return new LetterPage(
        Math.toIntExact(total[0] + unseen),
        matching.size(),
        matching.stream().skip(offset).limit(limit).toList());
  }

  /** How many letters there are by reason, the largest group first. */
  public LetterGroups groups(LetterFilter filter) {
    Map<String, Grouping> groups = new HashMap<>();
    look((letter, summary) -> {
      if (filter.matches(summary)) {
        groups.computeIfAbsent(summary.reason(), Grouping::new).add(summary);
      }
      return Verdict.KEEP;
    });
    List<LetterGroups.Group> all =
        groups.values().stream()
            .map(Grouping::group)
            .sorted(
                Comparator.comparing(LetterGroups.Group::count)
                    .reversed()
                    .thenComparing(LetterGroups.Group::reason))
            .toList();
    return new LetterGroups(all.stream().mapToInt(LetterGroups.Group::count).sum(), all);
  }

  /**
   * All about one letter.
   *
   * @throws ProblemException (404) when it is not there
   */
  public LetterDetails show(String id) {
    LetterDetails[] found = {null};
    look((letter, summary) -> {
      if (!summary.id().equals(id)) {
        return Verdict.KEEP;
      }
      found[0] = reports.of(letter, summary);
      return Verdict.KEEP_AND_STOP;
    });
    if (found[0] == null) {
      throw notThere(id);
    }
    return found[0];
  }

  /** Where an export goes. */
  public interface Sink {
    /** Takes the next letter; an exception ends the export. */
    void accept(LetterDetails letter) throws IOException;
  }

  /** Hands out all about each letter, in the order of the queue, one at a time. */
  public void export(LetterFilter filter, Sink sink) {
    look((letter, summary) -> {
      if (filter.matches(summary)) {
        sink.accept(reports.of(letter, summary));
      }
      return Verdict.KEEP;
    });
  }

  /** Sends the jobs of the selected letters again, each once; what cannot be sent stays. */
  public Replayed replay(Selection selection) {
    Action action =
        act(selection, letter -> replays.replay(letter, null, selection.evenCancelled()));
    log.atInfo().addKeyValue(LogKeys.COUNT, action.done).log("dead letters replayed");
    return new Replayed(action.done, action.told(selection));
  }

  /**
   * Sends the job of one letter again, changed.
   *
   * @param edit the fields to be changed, null for one to be removed; what identifies the job
   *     cannot be changed
   * @throws InvalidMessageException naming the field, when it is no job then; the letter stays
   * @throws ProblemException (404) when the letter is not there, (409) when it cannot be replayed
   */
  public void replayEdited(String id, @Nullable ObjectNode edit, boolean evenCancelled) {
    Selection selection = Selection.of(id, evenCancelled);
    Action action = act(selection, letter -> replays.replay(letter, edit, evenCancelled));
    if (action.done == 0) {
      if (action.skipped.isEmpty()) {
        throw notThere(id);
      }
      throw new ProblemException(
          HttpStatus.CONFLICT, "not-replayed", action.skipped.getFirst().why());
    }
    log.atInfo().addKeyValue(LogKeys.COUNT, 1).log("dead letters replayed");
  }

  /** Removes the selected letters for good. Their jobs stay as they ended. */
  public Discarded discard(Selection selection) {
    Action action = act(selection, letter -> null);
    log.atInfo().addKeyValue(LogKeys.COUNT, action.done).log("dead letters discarded");
    return new Discarded(action.done, action.told(selection));
  }

  /**
   * Removes one letter for good.
   *
   * @throws ProblemException (404) when it is not there
   */
  public void discard(String id) {
    if (discard(Selection.of(id, false)).discarded() == 0) {
      throw notThere(id);
    }
  }

  private interface Step {
    @Nullable String take(Letter letter);
  }

  private static final class Action {
    private final Set<String> met = new HashSet<>();
    private final List<Skipped> skipped = new ArrayList<>();
    private int done;

    private List<Skipped> told(Selection selection) {
      List<Skipped> all = new ArrayList<>(skipped);
      for (String id : selection.ids()) {
        if (!met.contains(id) && all.size() < MOST_TOLD) {
          all.add(new Skipped(id, "There is no such letter; it was replayed or discarded before"));
        }
      }
      return all;
    }
  }

  private Action act(Selection selection, Step step) {
    Action action = new Action();
    look((letter, summary) -> {
      if (action.done >= selection.limit()) {
        return Verdict.KEEP_AND_STOP;
      }
      boolean once = selection.ids().isEmpty() || !action.met.contains(summary.id());
      if (!selection.has(summary) || !once) {
        return Verdict.KEEP;
      }
      action.met.add(summary.id());
      String refusal = step.take(letter);
      if (refusal != null) {
        if (action.skipped.size() < MOST_TOLD) {
          action.skipped.add(new Skipped(summary.id(), refusal));
        }
        return enough(selection, action) ? Verdict.KEEP_AND_STOP : Verdict.KEEP;
      }
      action.done++;
      return enough(selection, action) ? Verdict.TAKE_AND_STOP : Verdict.TAKE;
    });
    return action;
  }

  private static boolean enough(Selection selection, Action action) {
    return action.done >= selection.limit()
        || !selection.ids().isEmpty() && action.met.size() == selection.ids().size();
  }

  private interface Visitor {
    Verdict visit(Letter letter, LetterSummary summary) throws IOException;
  }

  /**
   * Letters that a crash kept from being acknowledged after their replay go now, without being
   * shown.
   *
   * @return how many letters the look could not see, for there are too many
   */
  private long look(Visitor visitor) {
    Set<String> left = new HashSet<>();
    boolean[] first = {true};
    long unseen =
        queue.look(letter -> {
          if (first[0]) {
            // Not before it is this look's turn: another may just have written some.
            left.addAll(leftOver());
            first[0] = false;
          }
          LetterSummary summary = LetterSummary.of(letter, mapper);
          if (left.remove(summary.id())) {
            return Verdict.TAKE;
          }
          Verdict verdict = visitor.visit(letter, summary);
          if (verdict == Verdict.KEEP_AND_STOP || verdict == Verdict.TAKE_AND_STOP) {
            left.clear();
          }
          return verdict;
        });
    if (first[0]) {
      // There was no letter.
      left.addAll(leftOver());
    }
    if (!left.isEmpty() && unseen == 0) {
      forget(left);
    }
    return unseen;
  }

  /** Acknowledged before the crash. Young ones may be on their way back into the queue. */
  private void forget(Set<String> gone) {
    try {
      replayed.removeOlder(gone, clock.instant().minus(NOTE_KEPT));
    } catch (DataAccessException | TransactionException e) {
      log.atDebug().setCause(e).log("notes of replays not removed, the next look repeats it");
    }
  }

  /** A look needs no database; an action finds out by itself that it is away. */
  private Set<String> leftOver() {
    try {
      return replayed.all();
    } catch (DataAccessException | TransactionException e) {
      return Set.of();
    }
  }

  private static void within(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidMessageException(
          field, "must be between " + least + " and " + most + ", was " + value);
    }
  }

  private static ProblemException notThere(String id) {
    return new ProblemException(
        HttpStatus.NOT_FOUND,
        "dead-letter-not-found",
        "There is no dead letter " + id + "; it was replayed or discarded, or never there");
  }
}
