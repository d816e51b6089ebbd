package io.comfyfleet.producer.node;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.producer.problem.ProblemException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Shows the nodes and carries the operator's word to them. */
@RestController
@RequestMapping("/api/nodes")
class NodeController {
  private static final int MOST_SLOTS = 64;

  private final Nodes nodes;
  private final FleetControl control;

  NodeController(Nodes nodes, FleetControl control) {
    this.nodes = nodes;
    this.control = control;
  }

  @GetMapping
  NodeList all() {
    return new NodeList(nodes.all());
  }

  @GetMapping("/{id}")
  NodeView one(@PathVariable String id) {
    return nodes
        .find(id)
        .orElseThrow(() ->
            new ProblemException(
                HttpStatus.NOT_FOUND,
                "node-not-found",
                "No node \"" + id + "\" was heard of; GET /api/nodes lists those that were"));
  }

  @GetMapping("/{id}/health")
  NodeView.Health health(@PathVariable String id) {
    return one(id).health();
  }

  @PostMapping("/{id}/pause")
  @ResponseStatus(HttpStatus.ACCEPTED)
  NodeView pause(@PathVariable String id) {
    return tell(id, new ControlMessage.Pause());
  }

  @PostMapping("/{id}/resume")
  @ResponseStatus(HttpStatus.ACCEPTED)
  NodeView resume(@PathVariable String id) {
    return tell(id, new ControlMessage.Resume());
  }

  @PostMapping("/{id}/drain")
  @ResponseStatus(HttpStatus.ACCEPTED)
  NodeView drain(@PathVariable String id) {
    return tell(id, new ControlMessage.Drain());
  }

  @PatchMapping("/{id}")
  @ResponseStatus(HttpStatus.ACCEPTED)
  NodeView change(@PathVariable String id, @RequestBody NodeChange change) {
    Integer slots = change.slots();
    if (slots == null) {
      throw new InvalidMessageException("slots", "is missing");
    }
    if (slots < 1 || slots > MOST_SLOTS) {
      throw new InvalidMessageException(
          "slots", "must be between 1 and " + MOST_SLOTS + ", was " + slots);
    }
    return tell(id, new ControlMessage.Slots(slots));
  }

  /** The answer is the node as it was; what became of the word shows in its next heartbeat. */
  private NodeView tell(String id, ControlMessage word) {
    NodeView node = one(id);
    if (node.status() == NodeState.OFFLINE) {
      throw new ProblemException(
          HttpStatus.CONFLICT,
          "node-offline",
          "The node \"" + id + "\" is offline and hears nothing: " + node.reason());
    }
    control.tell(id, word);
    return node;
  }

  record NodeList(List<NodeView> nodes) {}

  record NodeChange(@Nullable Integer slots) {}
}
