package io.comfyfleet.worker.execution;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.Workflow;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes the graph that one attempt submits, and the id it is submitted under. */
final class PromptFactory {
  private static final String PREFIX = "filename_prefix";

  private PromptFactory() {}

  /** The same for the same attempt wherever and whenever it is asked for. */
  static UUID promptId(Job job) {
    return UUID.nameUUIDFromBytes(job.tryName().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The job's graph with its input files, and with a folder of the attempt's own for what it saves.
   * ComfyUI answers an equal graph from its cache with the old file's name, even if that file is
   * gone (seen on 0.33.0); with another prefix it saves anew, and reuses all other nodes.
   */
  static Workflow graph(Job job, Map<String, String> files) {
    Workflow graph = job.workflow().withInputFiles(files);
    for (Map.Entry<String, Map<String, @Nullable Object>> node :
        job.workflow().graph().entrySet()) {
      if (Workflow.inputs(node.getValue()).get(PREFIX) instanceof String prefix) {
        graph = graph.withInput(node.getKey(), PREFIX, prefix(job, prefix));
      }
    }
    return graph;
  }

  private static String prefix(Job job, String old) {
    String last = old.substring(Math.max(old.lastIndexOf('/'), old.lastIndexOf('\\')) + 1);
    return "fleet/"
        + job.tryName().replace('/', '-')
        + "/"
        + (last.isBlank() || last.startsWith("..") ? "output" : last);
  }
}
