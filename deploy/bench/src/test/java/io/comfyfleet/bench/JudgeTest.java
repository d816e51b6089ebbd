package io.comfyfleet.bench;

import static io.comfyfleet.bench.Trial.accepted;
import static io.comfyfleet.bench.Trial.answer;
import static io.comfyfleet.bench.Trial.attempt;
import static io.comfyfleet.bench.Trial.ended;
import static io.comfyfleet.bench.Trial.failed;
import static io.comfyfleet.bench.Trial.id;
import static io.comfyfleet.bench.Trial.letter;
import static io.comfyfleet.bench.Trial.render;
import static io.comfyfleet.bench.Trial.struck;
import static io.comfyfleet.bench.Trial.succeeded;
import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.bench.JobEnd.FailedAttempt;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgeTest {

  private final Trial trial = Trial.of(3);

  @Test
  void everythingAnsweredOnceIsGood() {
    Verdict verdict = trial.judge();

    assertThat(verdict.isGood()).isTrue();
    assertThat(verdict.submitted()).isEqualTo(3);
    assertThat(verdict.endings()).isEqualTo(Map.of("succeeded", 3));
  }

  @Test
  void acceptedJobWithoutAResultIsLost() {
    trial.accepted.add(accepted(id(9), false));

    assertThat(trial.judge().lost()).containsExactly(id(9) + " of r1");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void jobThatItsRunsAnswerLeavesOutIsLostUnlessTheAnswerHasNoResultsAtAll() {
    List<JobEnd> ends = trial.runs.getFirst().ends();
    trial.answers.set(0, answer("run-r1-completed", "completed", ends.subList(0, 2)));

    assertThat(trial.judge().lost()).containsExactly(id(2) + " of r1: not in its run.completed");
    assertThat(trial.judge().isGood()).isFalse();

    trial.answers.set(
        0, new Answer("r1", "run-r1-completed", "completed", Trial.START, false, List.of()));

    assertThat(trial.judge().isGood()).isTrue();
  }

  @Test
  void cancelledIsWrongUnlessTheRunWasAskedToBe() {
    change(ended(id(0), "cancelled"));

    assertThat(trial.judge().answeredWrongly()).containsExactly(id(0) + ": cancelled, unasked");
    assertThat(trial.judge().lost()).isEmpty();
    assertThat(trial.judge().isGood()).isFalse();

    trial.cancelled.add("r1");

    assertThat(trial.judge().isGood()).isTrue();
  }

  @Test
  void expiredIsAlwaysWrong() {
    change(ended(id(0), "expired"));
    trial.cancelled.add("r1");

    assertThat(trial.judge().answeredWrongly()).containsExactly(id(0) + ": expired");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void wrongEndIsSeenInTheAnswerToo() {
    List<JobEnd> ends = new ArrayList<>(trial.runs.getFirst().ends());
    ends.set(0, ended(id(0), "expired"));
    trial.answers.set(0, answer("run-r1-completed", "completed", ends));

    assertThat(trial.judge().answeredWrongly()).containsExactly(id(0) + ": expired");
  }

  @Test
  void successWithoutAnOutputIsWrong() {
    change(ended(id(0), "succeeded"));

    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": succeeded without an output");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void successThatNoMachineRenderedIsWrongButInACancelledRun() {
    trial.renders.removeFirst();

    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": succeeded, but no machine rendered it");
    assertThat(trial.judge().isGood()).isFalse();

    trial.cancelled.add("r1");

    assertThat(trial.judge().isGood()).isTrue();
  }

  @Test
  void successOfAJobThatHadToMissItsDeadlineIsWrong() {
    trial.accepted.set(0, accepted(id(0), true));

    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": succeeded past its deadline");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void successPastItsDeadlineIsRightWhileItsWorkerStoodStill() {
    trial.accepted.set(0, accepted(id(0), true));
    trial.strikes.add(struck(FaultKind.WORKER_STOP, "node-2", -20, 0));
    assertThat(trial.judge().answeredWrongly()).hasSize(1);

    trial.strikes.add(struck(FaultKind.WORKER_STOP, "node-1", -20, 0));

    assertThat(trial.judge().answeredWrongly()).isEmpty();
  }

  @Test
  void outputThatIsNotThereOrIsAnotherIsWrong() {
    String url = Trial.file("sha-0").url();
    trial.files.remove(url);
    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": its output " + url + " is not there");
    assertThat(trial.judge().isGood()).isFalse();

    trial.files.put(url, new OutputFile(url, 10, "another"));
    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": its output " + url + " is another");

    trial.files.put(url, new OutputFile(url, 9, "sha-0"));
    assertThat(trial.judge().answeredWrongly()).hasSize(1);
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void dependencyFailedIsWrongUnlessTheNeededJobEndedWithoutSuccess() {
    change(failed(id(0), "dependency_failed", List.of()));
    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": dependency_failed, but it needs no job");

    trial.needs(id(1));
    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": dependency_failed, but " + id(1) + " did not fail");
    assertThat(trial.judge().isGood()).isFalse();

    trial.needs(id(9));
    assertThat(trial.judge().answeredWrongly()).hasSize(1);

    trial.needs(id(1));
    trial.cancelled.add("r1");
    change(1, ended(id(1), "cancelled"));

    assertThat(trial.judge().isGood()).isTrue();
  }

  @Test
  void successOfAJobWhoseNeededOneDidNotSucceedIsWrong() {
    trial.needs(id(1));
    assertThat(trial.judge().isGood()).isTrue();

    trial.cancelled.add("r1");
    change(1, ended(id(1), "cancelled"));

    assertThat(trial.judge().answeredWrongly())
        .containsExactly(id(0) + ": succeeded, but " + id(1) + " did not");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void endUnderASecondKeyIsAnAnswerTwice() {
    trial.answers.add(answer("another key", "completed", trial.runs.getFirst().ends()));

    assertThat(trial.judge().answeredTwice()).hasSize(1);
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void secondEndWithoutAKeyIsAnAnswerTwice() {
    trial.answers.set(0, answer(null, "completed", trial.runs.getFirst().ends()));
    assertThat(trial.judge().isGood()).isTrue();

    trial.answers.add(trial.answers.getFirst());

    assertThat(trial.judge().answeredTwice()).hasSize(1);
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void repeatUnderTheSameKeyIsCountedAndGood() {
    trial.answers.add(trial.answers.getFirst());

    assertThat(trial.judge().repeatsByKey()).isEqualTo(1);
    assertThat(trial.judge().isGood()).isTrue();
  }

  @Test
  void secondCloseUnderTheSameKeyIsAnAnswerTwice() {
    List<JobEnd> ends = trial.runs.getFirst().ends();
    Instant later = Trial.START.plusSeconds(1);
    trial.answers.add(new Answer("r1", "run-r1-completed", "completed", later, true, ends));
    assertThat(trial.judge().answeredTwice())
        .containsExactly("r1: 2 different ends under the key run-r1-completed");

    trial.answers.set(1, answer("run-r1-completed", "partial", ends));

    assertThat(trial.judge().answeredTwice()).hasSize(1);
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void otherResultInASecondAnswerIsAnAnswerTwice() {
    List<JobEnd> others = List.of(succeeded(id(0), "node-2", "another picture"));
    trial.answers.add(answer("run-r1-completed", "completed", others));

    assertThat(trial.judge().answeredTwice()).contains(id(0) + ": 2 different results");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void openRunIsWithoutAnEnd() {
    trial.runs.set(0, new RunState("r1", "open", trial.runs.getFirst().ends()));

    assertThat(trial.judge().unended()).containsExactly("r1: open");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void endThatWasNeverToldIsWithoutAnEnd() {
    trial.answers.clear();

    assertThat(trial.judge().unended())
        .containsExactly("r1: completed, but its end was never told");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void letterNeedsAFaultForEveryAttempt() {
    FailedAttempt first = attempt("node-1", 10, "out_of_memory");
    FailedAttempt second = attempt("node-2", 20, "out_of_memory");
    giveUp(id(0), "out_of_memory", List.of(first, second));
    trial.strikes.add(struck(FaultKind.OUT_OF_MEMORY, "node-1", 9, 9));
    assertThat(trial.judge().unexplained()).hasSize(1);
    assertThat(trial.judge().isGood()).isFalse();

    trial.strikes.add(struck(FaultKind.OUT_OF_MEMORY, "node-2", 19, 19));

    assertThat(trial.judge().unexplained()).isEmpty();
    assertThat(trial.judge().isGood()).isTrue();
  }

  /** Of two prompts on a machine that hangs, one has begun and one waits behind it. */
  @Test
  void hangExplainsTheAttemptsThatStalledAndThatHungOnItsNode() {
    List<FailedAttempt> failures =
        List.of(
            attempt("node-1", 20, "stalled"),
            attempt("node-2", 40, "comfyui_hung"),
            attempt("node-1", 50, "out_of_memory"));
    giveUp(id(0), "out_of_memory", failures);
    trial.strikes.add(struck(FaultKind.OUT_OF_MEMORY, "node-1", 50, 50));
    trial.strikes.add(struck(FaultKind.HANG, "node-1", 9, 20));
    assertThat(trial.judge().unexplained()).hasSize(1);

    trial.strikes.add(struck(FaultKind.HANG, "node-2", 30, 45));

    assertThat(trial.judge().unexplained()).isEmpty();
    assertThat(trial.judge().isGood()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "stalled, HANG, SOCKET_DROP",
    "stalled, WORKER_STOP, DEAF_SOCKET",
    "comfyui_hung, HANG, COMFYUI_RESTART",
    "comfyui_hung, WORKER_STOP, LOST_RESPONSE",
    "comfyui_unreachable, COMFYUI_RESTART, LOST_RESPONSE",
    "comfyui_unreachable, HANG, NETWORK_CUT",
    "comfyui_unreachable, CUDA_FAULT, SOCKET_DROP",
    "comfyui_restarted, HISTORY_EVICTED, WORKER_KILL",
    "output_not_retrievable, COMFYUI_RESTART, WORKER_KILL",
    "output_not_retrievable, CUDA_FAULT, OUT_OF_MEMORY",
    "input_not_found, PRODUCER_KILL, PRODUCER_CUT",
  })
  void attemptIsExplainedByAFaultThatCanMakeItFailSoAndByNoOther(
      String code, FaultKind cause, FaultKind other) {
    giveUp(id(0), code, List.of(attempt("node-1", 10, code)));
    trial.strikes.add(struck(other, "node-1", 9, 9));
    assertThat(trial.judge().unexplained()).hasSize(1);

    trial.strikes.add(struck(cause, "node-1", 9, 9));

    assertThat(trial.judge().unexplained()).isEmpty();
  }

  @Test
  void lateJobExplainsItsOwnLetterAndNoOther() {
    giveUp(id(0), "deadline_exceeded", List.of(attempt("node-1", 10, "deadline_exceeded")));
    assertThat(trial.judge().isGood()).isFalse();

    trial.accepted.set(0, accepted(id(0), true));

    assertThat(trial.judge().isGood()).isTrue();
    assertThat(trial.judge().letters()).isEqualTo(Map.of("deadline_exceeded", 1));
  }

  @Test
  void brokersLetterNeedsNineReturningStrikesBetweenTheJobsAcceptanceAndItself() {
    giveUp(id(0), "delivery_limit", List.of(attempt("", 100, "delivery_limit")));
    for (int i = 0; i < 8; i++) {
      trial.strikes.add(struck(FaultKind.WORKER_KILL, "node-1", 10 * i, 10 * i + 3));
    }
    trial.strikes.add(struck(FaultKind.WORKER_KILL, "node-1", -20, -15));
    trial.strikes.add(struck(FaultKind.NETWORK_CUT, "node-2", 110, 120));
    trial.strikes.add(struck(FaultKind.OUT_OF_MEMORY, "node-2", 90, 90));
    assertThat(trial.judge().unexplained()).hasSize(1);
    assertThat(trial.judge().isGood()).isFalse();

    trial.strikes.add(struck(FaultKind.BROKER_RESTART, "", 90, 95));

    assertThat(trial.judge().isGood()).isTrue();
  }

  /** As of any message, delivery of a letter is at least once. */
  @Test
  void letterThatSaysItMayBeARepeatIsNoSecondOne() {
    giveUp(id(0), "out_of_memory", List.of(attempt("node-1", 10, "out_of_memory")));
    trial.strikes.add(struck(FaultKind.OUT_OF_MEMORY, "node-1", 9, 9));
    Letter first = trial.letters.getFirst();
    trial.letters.add(
        new Letter(first.jobId(), first.reason(), "", first.died(), true, first.failures()));

    assertThat(trial.judge().isGood()).isTrue();
  }

  @Test
  void secondLetterOfAJobIsUnexplained() {
    giveUp(id(0), "out_of_memory", List.of(attempt("node-1", 10, "out_of_memory")));
    trial.strikes.add(struck(FaultKind.OUT_OF_MEMORY, "node-1", 9, 9));
    assertThat(trial.judge().isGood()).isTrue();

    trial.letters.add(trial.letters.getFirst());

    assertThat(trial.judge().unexplained()).hasSize(1).first().asString().contains("second letter");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void letterOfAJobThatSucceededIsUnexplained() {
    trial.letters.add(
        letter(id(0), "out_of_memory", List.of(attempt("node-1", 10, "out_of_memory"))));
    trial.strikes.add(struck(FaultKind.OUT_OF_MEMORY, "node-1", 9, 9));

    assertThat(trial.judge().unexplained()).hasSize(1).first().asString().contains("succeeded");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void unreadableLetterIsNeverExplained() {
    trial.letters.add(letter("", "unreadable_message", List.of()));

    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void failureWithoutALetterIsToldButForDependents() {
    change(failed(id(0), "dependency_failed", List.of()));
    assertThat(trial.judge().silent()).isEmpty();

    change(failed(id(0), "execution_failed", List.of()));

    assertThat(trial.judge().silent()).hasSize(1);
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void refusalAndProcessThatEndedByItselfAreNotGood() {
    trial.refusals.add("r2: 409");
    assertThat(trial.judge().isGood()).isFalse();

    trial.refusals.clear();
    trial.surprises.add("node-1: OutOfMemoryError");

    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void nodeOrMessageThatIsLeftBehindIsNotGood() {
    trial.leftBehind.add("node-1: not online");

    assertThat(trial.judge().leftBehind()).containsExactly("node-1: not online");
    assertThat(trial.judge().isGood()).isFalse();
  }

  @Test
  void secondRenderNeedsAFaultAtTheFirstOnesNodeInBetween() {
    change(succeeded(id(0), "node-2", "a", 31));
    trial.renders.add(render(id(0), "node-2", 30, 31));
    trial.strikes.add(struck(FaultKind.WORKER_KILL, "node-2", 1, 5));
    trial.strikes.add(struck(FaultKind.SOCKET_DROP, "node-1", 1, 1));
    trial.strikes.add(struck(FaultKind.WORKER_KILL, "node-1", 60, 65));
    assertThat(trial.judge().againWithoutNeed()).hasSize(1).first().asString().startsWith(id(0));

    trial.strikes.add(struck(FaultKind.WORKER_KILL, "node-1", 1, 5));

    assertThat(trial.judge().againWithoutNeed()).isEmpty();
    assertThat(trial.judge().againBy()).isEqualTo(Map.of("worker-kill", 1));
  }

  @Test
  void renderThatBeginsAfterTheJobHadEndedIsWithoutNeed() {
    change(succeeded(id(0), "node-2", "a", 31));
    trial.strikes.add(struck(FaultKind.WORKER_KILL, "node-1", 1, 5));
    trial.renders.add(render(id(0), "node-2", 30, 31));
    trial.renders.add(render(id(0), "node-3", 33, 34));

    assertThat(trial.judge().againBy()).isEqualTo(Map.of("worker-kill", 1));
    assertThat(trial.judge().againWithoutNeed()).hasSize(1).first().asString().contains("node-3");
  }

  @Test
  void renderThatBeginsBeforeACutOffNodeCouldTellOfTheEndHadNeed() {
    change(succeeded(id(0), "node-1", "a", 2));
    trial.strikes.add(struck(FaultKind.NETWORK_CUT, "node-1", 1, 20));
    trial.renders.add(render(id(0), "node-2", 15, 16));

    assertThat(trial.judge().againBy()).isEqualTo(Map.of("network-cut", 1));
    assertThat(trial.judge().againWithoutNeed()).isEmpty();
  }

  /** Its message is still in a queue or at a node: nobody waits for the nodes with a cancel. */
  @Test
  void renderOfACancelledJobMayNeedAnotherAlsoAfterItsEnd() {
    change(ended(id(0), "cancelled", 2));
    trial.cancelled.add("r1");
    trial.strikes.add(struck(FaultKind.WORKER_KILL, "node-1", 1, 5));
    trial.renders.add(render(id(0), "node-2", 30, 31));

    assertThat(trial.judge().againBy()).isEqualTo(Map.of("worker-kill", 1));
    assertThat(trial.judge().againWithoutNeed()).isEmpty();
  }

  @Test
  void jobOfAMessageWithoutAnAnswerOnItsReplyToIsLost() {
    trial.byMessage();

    assertThat(trial.judge().lost()).singleElement().asString().contains("reply_to");

    trial.replies.add(new Reply(id(0), "result:0", trial.runs.getFirst().ends().getFirst()));

    assertThat(trial.judge().isGood()).isTrue();
  }

  @Test
  void answersOnReplyToUnderTwoKeysOrWithAnotherEndAreTwo() {
    trial.byMessage();
    JobEnd end = trial.runs.getFirst().ends().getFirst();
    trial.replies.add(new Reply(id(0), "result:0", end));
    trial.replies.add(new Reply(id(0), "result:0", end));
    assertThat(trial.judge().answeredTwice()).isEmpty();

    trial.replies.add(new Reply(id(0), "another", end));
    assertThat(trial.judge().answeredTwice()).hasSize(1);

    trial.replies.set(2, new Reply(id(0), "result:0", Trial.ended(id(0), "cancelled")));
    assertThat(trial.judge().answeredTwice()).hasSize(1);
  }

  @Test
  void strikeThatCouldNotBeCarriedOutIsNoGoodRun() {
    trial.missed.add("broker-restart: rabbitmqctl ended with status 1");

    assertThat(trial.judge().isGood()).isFalse();
    assertThat(trial.judge().missed()).hasSize(1);
  }

  @Test
  void recoveryIsTheLongestTimeToTheNextSuccessOfTheStruckNodeOrTheNextAnswer() {
    List<JobEnd> ends = List.of(succeeded(id(0), "node-1", "a"), succeeded(id(1), "node-2", "b"));
    List<Struck> strikes =
        List.of(
            struck(FaultKind.WORKER_KILL, "node-1", -9, 0),
            struck(FaultKind.WORKER_KILL, "node-2", -4, 0),
            struck(FaultKind.PRODUCER_KILL, "", -2, 4),
            struck(FaultKind.BROKER_ALARM, "", 8, 20),
            struck(FaultKind.HANG, "node-3", -2, 0));

    List<Instant> arrivals = List.of(Trial.START.plusSeconds(3), Trial.START.plusSeconds(5));

    assertThat(Recovery.longest(strikes, ends, arrivals))
        .isEqualTo(
            Map.of(
                FaultKind.WORKER_KILL, Duration.ofSeconds(9),
                FaultKind.PRODUCER_KILL, Duration.ofSeconds(7)));
  }

  private void giveUp(String jobId, String code, List<FailedAttempt> failures) {
    trial.letters.add(letter(jobId, code, failures));
    change(failed(jobId, code, failures));
  }

  /** The first job's end, in every answer. */
  private void change(JobEnd end) {
    change(0, end);
  }

  private void change(int index, JobEnd end) {
    List<JobEnd> ends = new ArrayList<>(trial.runs.getFirst().ends());
    ends.set(index, end);
    trial.runs.set(0, new RunState("r1", "partial", ends));
    trial.answers.set(0, answer("run-r1-completed", "partial", ends));
  }
}
