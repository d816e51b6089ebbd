package io.comfyfleet.producer.node;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.producer.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Shows the nodes and carries the operator's word to them. */
@RestController
@RequestMapping("/api/nodes")
class NodeController {
  private final Nodes nodes;
  private final FleetControl control;
  private final NodeWishes wishes;

  NodeController(Nodes nodes, FleetControl control, NodeWishes wishes) {
    this.nodes = nodes;
    this.control = control;
    this.wishes = wishes;
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

  /** What is kept of a node over its restarts; all absent when nothing is. */
  @GetMapping("/{id}/kept")
  NodeWish kept(@PathVariable String id) {
    return wishes.of(id);
  }

  @PostMapping("/{id}/pause")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Nullable NodeView pause(
      @PathVariable String id, @RequestParam(defaultValue = "false") boolean keep) {
    return tell(id, keep, wish -> wish.withPaused(keep), List.of(new ControlMessage.Pause()));
  }

  @PostMapping("/{id}/resume")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Nullable NodeView resume(
      @PathVariable String id, @RequestParam(defaultValue = "false") boolean keep) {
    boolean ends = keep || wishes.of(id).paused();
    return tell(id, ends, wish -> wish.withPaused(false), List.of(new ControlMessage.Resume()));
  }

  @PostMapping("/{id}/drain")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Nullable NodeView drain(
      @PathVariable String id, @RequestParam(defaultValue = "false") boolean keep) {
    if (keep) {
      throw new InvalidMessageException(
          "keep",
          "cannot be true: a drained worker has ended, and one that is started again would end"
              + " at once; pause with keep=true holds a node off jobs over its restarts");
    }
    return tell(id, false, wish -> wish, List.of(new ControlMessage.Drain()));
  }

  @PatchMapping("/{id}")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Nullable NodeView change(@PathVariable String id, @RequestBody NodeChange change) {
    List<ControlMessage> words = change.words();
    boolean keep = Boolean.TRUE.equals(change.keep());
    return tell(id, keep, wish -> change.onto(wish, keep), words);
  }

  /**
   * What is said without keep ends what was kept of the same thing, else the two would fight. The
   * answer is the node as it was; what became of the word shows in its next heartbeat.
   *
   * @return null when the node is not known but something of it is kept
   */
  private @Nullable NodeView tell(
      String id, boolean keep, UnaryOperator<NodeWish> wish, List<ControlMessage> words) {
    boolean known = nodes.find(id).isPresent();
    NodeView node = known || !keep || wishes.of(id).equals(NodeWish.NONE) ? one(id) : null;
    boolean hears = node != null && node.status() != NodeState.OFFLINE;
    if (!hears && !keep) {
      throw new ProblemException(
          HttpStatus.CONFLICT,
          "node-offline",
          "The node \"" + id + "\" is offline and hears nothing: " + one(id).reason());
    }
    wishes.change(id, wish);
    if (hears) {
      words.forEach(word -> control.tell(id, word));
    }
    return node;
  }

  /**
   * The machines.
   *
   * @param nodes by id
   */
  record NodeList(List<NodeView> nodes) {}

  /**
   * What is changed of a running node.
   *
   * @param slots jobs at once; null leaves them
   * @param lanes lanes served and the slots for each, and no others; null leaves them
   * @param keep whether the same is told again after each restart; null for no
   */
  record NodeChange(
      @Nullable Integer slots, @Nullable Map<String, Integer> lanes, @Nullable Boolean keep) {

    List<ControlMessage> words() {
      if (slots == null && lanes == null) {
        throw new InvalidMessageException("slots", "is missing, and so is lanes: tell one of them");
      }
      List<ControlMessage> words = new ArrayList<>();
      if (slots != null) {
        if (slots < 1 || slots > ControlMessage.Slots.MOST) {
          throw new InvalidMessageException(
              "slots", "must be between 1 and " + ControlMessage.Slots.MOST + ", was " + slots);
        }
        words.add(new ControlMessage.Slots(slots));
      }
      if (lanes != null) {
        words.add(new ControlMessage.Lanes(lanes));
      }
      return words;
    }

    NodeWish onto(NodeWish wish, boolean keep) {
      NodeWish changed = slots == null ? wish : wish.withSlots(keep ? slots : null);
      return lanes == null ? changed : changed.withLanes(keep ? lanes : null);
    }
  }
}
