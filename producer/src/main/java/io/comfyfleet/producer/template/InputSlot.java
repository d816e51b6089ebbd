package io.comfyfleet.producer.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file that a job may bring, and where its name stands in the graph.
 *
 * @param node id of the graph's node that loads it
 * @param input name of that node's input
 * @param required whether a job must bring it
 * @param description for people
 * @param whenGiven what else changes in the graph when it is there, such as a link to the loader
 */
public record InputSlot(
    String node,
    String input,
    boolean required,
    @Nullable String description,
    List<Change> whenGiven) {

  /**
   * Another value for one input of one node.
   *
   * @param node id of the graph's node
   * @param input name of its input
   * @param value a literal or a link {@code [node id, output index]}
   */
  public record Change(String node, String input, Object value) {}
}
