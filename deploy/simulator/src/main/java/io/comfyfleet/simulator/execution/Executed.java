package io.comfyfleet.simulator.execution;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One run of a prompt that the simulator made.
 *
 * @param promptId the prompt id; the same one may have been run more than once
 * @param jobId {@code fleet_job_id} of the prompt's extra data; null when it names none
 * @param graph the graph, numbers converted
 * @param started when it left the queue
 * @param ended when its end was recorded; null while it runs or when a crash cut it
 * @param outcome {@code success}, {@code error}, {@code interrupted}; null while it runs or when
 *     cut
 * @param rendered the nodes that ran, not served from the cache
 */
public record Executed(
    String promptId,
    @Nullable String jobId,
    ObjectNode graph,
    Instant started,
    @Nullable Instant ended,
    @Nullable String outcome,
    List<String> rendered) {

  /** Copies the list. */
  public Executed {
    rendered = List.copyOf(rendered);
  }
}
