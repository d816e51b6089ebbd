package io.comfyfleet.producer.lane;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.producer.broker.LaneDeclarations;
import io.comfyfleet.producer.broker.Lanes;
import io.comfyfleet.producer.node.NodeView;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.topology.Topology;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Shows the lanes, declares and removes them. */
@RestController
@RequestMapping("/api/lanes")
class LaneController {
  private final Lanes lanes;
  private final LaneDeclarations declarations;
  private final Nodes nodes;

  LaneController(Lanes lanes, LaneDeclarations declarations, Nodes nodes) {
    this.lanes = lanes;
    this.declarations = declarations;
    this.nodes = nodes;
  }

  @GetMapping
  LaneList all() {
    return new LaneList(lanes.names().stream().map(this::view).toList());
  }

  @PostMapping
  ResponseEntity<LaneView> declare(@RequestBody LaneRequest request) {
    if (request.lane() == null) {
      throw new InvalidMessageException("lane", "is missing");
    }
    boolean added = declarations.declare(request.lane());
    return ResponseEntity.status(added ? HttpStatus.CREATED : HttpStatus.OK)
        .body(view(request.lane()));
  }

  @DeleteMapping("/{lane}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable String lane) {
    List<String> serving = servedBy(lane);
    if (!lanes.isFixed(lane) && !serving.isEmpty()) {
      throw new ProblemException(
          HttpStatus.CONFLICT,
          "lane-served",
          "The lane \""
              + lane
              + "\" is served by "
              + String.join(", ", serving)
              + "; take it off these nodes first, by PATCH /api/nodes/ID or their settings");
    }
    declarations.remove(lane);
  }

  private LaneView view(String lane) {
    return new LaneView(lane, Topology.laneQueue(lane), lanes.isFixed(lane), servedBy(lane));
  }

  private List<String> servedBy(String lane) {
    return nodes.all().stream()
        .filter(node -> node.status() != NodeState.OFFLINE && node.lanes().containsKey(lane))
        .map(NodeView::id)
        .toList();
  }

  /**
   * The lane to declare.
   *
   * @param lane its name: lower case letters, digits, dot, hyphen and underscore, at most 64
   */
  record LaneRequest(@Nullable String lane) {}

  /**
   * The lanes there are.
   *
   * @param lanes the types' own first, then those of the configuration, then the others by name
   */
  record LaneList(List<LaneView> lanes) {}

  /**
   * One lane.
   *
   * @param lane its name, which a job or a node names
   * @param queue its queue on the broker
   * @param configured whether it is a type's own or stands in fleet.lanes, and so cannot be removed
   * @param servedBy nodes that list it and are not offline
   */
  record LaneView(String lane, String queue, boolean configured, List<String> servedBy) {}
}
