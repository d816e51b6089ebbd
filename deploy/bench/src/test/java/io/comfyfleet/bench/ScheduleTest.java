package io.comfyfleet.bench;

import static java.util.Collections.disjoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.comfyfleet.launch.FleetFailure;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ScheduleTest {

  private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);
  private static final Duration LENGTH = Duration.ofMinutes(5);

  @Test
  void sameSeedGivesTheSameScheduleAndTheSameWorkload() {
    assertThat(Schedule.of(7, ALL, 6, LENGTH)).isEqualTo(Schedule.of(7, ALL, 6, LENGTH));
    assertThat(Workload.of(7, 500, LENGTH, ALL)).isEqualTo(Workload.of(7, 500, LENGTH, ALL));
  }

  @Test
  void anotherSeedGivesAnotherScheduleAndAnotherWorkload() {
    assertThat(Schedule.of(8, ALL, 6, LENGTH)).isNotEqualTo(Schedule.of(7, ALL, 6, LENGTH));
    assertThat(Workload.of(8, 500, LENGTH, ALL)).isNotEqualTo(Workload.of(7, 500, LENGTH, ALL));
  }

  @Test
  void everyKindStrikesAtLeastOnceWithinAShortTime() {
    Schedule schedule =
        Schedule.of(
            7, EnumSet.of(FaultKind.HANG, FaultKind.PRODUCER_KILL), 3, Duration.ofSeconds(20));

    assertThat(schedule.strikes())
        .extracting(Strike::kind)
        .containsExactlyInAnyOrder(FaultKind.HANG, FaultKind.PRODUCER_KILL);
    assertThat(schedule.strikes()).allMatch(strike -> strike.at().toSeconds() < 20);
  }

  @Test
  void nodeThatIsDownIsNotStruckAgain() {
    List<Strike> strikes = Schedule.of(7, ALL, 6, LENGTH).strikes();

    for (Strike first : strikes) {
      assertThat(strikes)
          .filteredOn(later -> first.kind().most() > 0 && first.node() > 0)
          .filteredOn(later -> later.node() == first.node() && later != first)
          .noneMatch(later ->
              later.at().compareTo(first.at()) >= 0
                  && later.at().compareTo(first.at().plus(first.lasts())) < 0);
    }
  }

  @Test
  void armedFaultThatMayStillWaitOnANodeIsNotArmedThereAgain() {
    for (long seed = 1; seed <= 20; seed++) {
      List<Strike> strikes = Schedule.of(seed, ALL, 6, LENGTH).strikes();

      for (Strike first : strikes) {
        assertThat(strikes)
            .filteredOn(later -> later != first && later.node() == first.node())
            .filteredOn(later -> !disjoint(later.kind().armed(), first.kind().armed()))
            .filteredOn(later -> later.at().compareTo(first.at()) >= 0)
            .noneMatch(later -> later.at().compareTo(first.at().plus(Striker.ARMED_LIMIT)) <= 0);
      }
    }
  }

  @Test
  void keepingArmedFaultsApartLeavesMostOfThem() {
    for (FaultKind kind : EnumSet.of(FaultKind.SOCKET_DROP, FaultKind.DEAF_SOCKET)) {
      long due = LENGTH.toSeconds() / kind.everySeconds();

      assertThat(Schedule.of(7, ALL, 6, LENGTH).strikes())
          .filteredOn(strike -> strike.kind() == kind)
          .hasSizeGreaterThan((int) due / 2);
    }
  }

  @Test
  void producerAndBrokerAreHurtByOneFaultAtATime() {
    for (FaultKind.Target target : EnumSet.of(FaultKind.Target.PRODUCER, FaultKind.Target.BROKER)) {
      List<Strike> strikes =
          Schedule.of(3, ALL, 6, Duration.ofMinutes(20)).strikes().stream()
              .filter(strike -> strike.kind().target() == target)
              .toList();

      assertThat(strikes.stream().map(Strike::kind).distinct()).hasSize(2);
      for (int i = 1; i < strikes.size(); i++) {
        Strike before = strikes.get(i - 1);
        assertThat(strikes.get(i).at()).isGreaterThanOrEqualTo(before.at().plus(before.lasts()));
      }
    }
  }

  @Test
  void workloadHoldsTheWantedJobsAllDifferentAndOneOfEachFaultOfRequests() {
    Workload workload = Workload.of(7, 100, LENGTH, ALL);

    List<JobPlan> jobs = workload.runs().stream().flatMap(run -> run.jobs().stream()).toList();
    assertThat(jobs).hasSize(100);
    assertThat(jobs.stream().map(JobPlan::jobId).collect(Collectors.toSet())).hasSize(100);
    assertThat(jobs).anyMatch(JobPlan::pastDeadline).anyMatch(job -> job.after() != null);
    assertThat(workload.runs())
        .anyMatch(run -> run.repeatAfter() != null)
        .anyMatch(run -> run.cancelAfter() != null)
        .anyMatch(RunPlan::intake);
  }

  @Test
  void unknownFaultIsRefusedWithTheListOfAll() {
    assertThatThrownBy(() -> FaultKind.of(List.of("worker-kill", "flood")))
        .isInstanceOf(FleetFailure.class)
        .hasMessageContaining("\"flood\"")
        .hasMessageContaining("network-cut");
  }
}
