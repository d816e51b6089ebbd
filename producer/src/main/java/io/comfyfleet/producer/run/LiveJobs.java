package io.comfyfleet.producer.run;

import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.JobProgress;
import io.comfyfleet.node.RunningJob;
import io.comfyfleet.producer.node.FleetEventSink;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Which node has which job now, as the nodes tell. In memory: it is only ever a picture. */
@Component
public class LiveJobs implements FleetEventSink {
  private static final Duration KEPT = Duration.ofSeconds(60);

  private final Map<UUID, Live> jobs = new ConcurrentHashMap<>();
  private final RunFeed feed;
  private final Clock clock;

  LiveJobs(RunFeed feed, Clock clock) {
    this.feed = feed;
    this.clock = clock;
  }

  /** A job in a node's hands. */
  record Live(String nodeId, int attempt, RunningJob.Phase phase, double progress, Instant seen) {}

  @Override
  public void accept(FleetEvent event) {
    switch (event) {
      case JobProgress progress -> {
        put(
            progress.jobId(),
            progress.nodeId(),
            progress.attempt(),
            progress.phase(),
            progress.progress());
        feed.tell(progress.runId(), new RunFeed.Signal.Progress(progress));
      }
      case Heartbeat heartbeat -> {
        Map<UUID, RunningJob> held =
            heartbeat.jobs().stream()
                .collect(Collectors.toMap(RunningJob::jobId, job -> job, (a, b) -> b));
        jobs.entrySet()
            .removeIf(entry ->
                entry.getValue().seen().isBefore(clock.instant().minus(KEPT))
                    || entry.getValue().nodeId().equals(heartbeat.nodeId())
                        && !held.containsKey(entry.getKey()));
        held.values()
            .forEach(job ->
                put(job.jobId(), heartbeat.nodeId(), job.attempt(), job.phase(), job.progress()));
      }
    }
  }

  /** Who has the job; null when nobody said so lately. */
  @Nullable Live find(UUID jobId) {
    Live live = jobs.get(jobId);
    return live == null || live.seen().isBefore(clock.instant().minus(KEPT)) ? null : live;
  }

  /** The jobs that nodes said lately to have in hand. */
  public Set<UUID> inHand() {
    Instant oldest = clock.instant().minus(KEPT);
    return jobs.entrySet().stream()
        .filter(entry -> !entry.getValue().seen().isBefore(oldest))
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether a node said lately that it has the job. */
  public boolean isInHand(UUID jobId) {
    return find(jobId) != null;
  }

  /** How many jobs the nodes have in hand, some of them perhaps no more. */
  public int count() {
    return jobs.size();
  }

  /** The node that had the job has let it go. */
  public void left(UUID jobId) {
    jobs.remove(jobId);
  }

  void ended(UUID jobId) {
    jobs.remove(jobId);
  }

  private void put(
      UUID jobId, String nodeId, int attempt, RunningJob.Phase phase, double progress) {
    jobs.put(jobId, new Live(nodeId, attempt, phase, progress, clock.instant()));
  }
}
