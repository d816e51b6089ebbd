package io.comfyfleet.producer.dashboard;

import io.comfyfleet.job.Workflow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A graph laid out from left to right: each node right of everything it takes something from. In
 * pixels. Immutable.
 *
 * @param width of the whole
 * @param height of the whole
 * @param boxes its nodes
 * @param lines its links
 * @param left nodes that are not drawn because there are too many
 */
record GraphDrawing(int width, int height, List<Box> boxes, List<Line> lines, int left) {
  private static final int BOX_WIDTH = 168;
  private static final int BOX_HEIGHT = 44;
  private static final int GAP_X = 44;
  private static final int GAP_Y = 14;
  private static final int MARGIN = 8;
  private static final int MOST_BOXES = 200;
  private static final int LABEL_LENGTH = 22;

  /**
   * A node.
   *
   * @param id in the graph
   * @param label its class, cut when it is long
   * @param title its class and its own title in full
   * @param x left edge
   * @param y upper edge
   */
  record Box(String id, String label, String title, int x, int y) {
    /** Its width. */
    public int width() {
      return BOX_WIDTH;
    }

    /** Its height. */
    public int height() {
      return BOX_HEIGHT;
    }
  }

  /**
   * A link.
   *
   * @param path for the {@code d} of an SVG path
   */
  record Line(String path) {}

  /** The drawing of a graph; nodes in a circle, which ComfyUI refuses, stand at the left. */
  static GraphDrawing of(Workflow workflow) {
    Map<String, Map<String, @Nullable Object>> graph = workflow.graph();
    Map<String, Integer> depths = new HashMap<>();
    Map<Integer, List<String>> columns = new TreeMap<>();
    graph.keySet().stream()
        .limit(MOST_BOXES)
        .forEach(id ->
            columns
                .computeIfAbsent(
                    depth(id, graph, depths, new HashSet<>()), key -> new ArrayList<>())
                .add(id));
    Map<String, Box> boxes = new HashMap<>();
    int column = 0;
    int tallest = 0;
    for (List<String> ids : columns.values()) {
      for (int row = 0; row < ids.size(); row++) {
        boxes.put(ids.get(row), box(ids.get(row), graph, column, row));
      }
      tallest = Math.max(tallest, ids.size());
      column++;
    }
    return new GraphDrawing(
        2 * MARGIN + column * (BOX_WIDTH + GAP_X) - GAP_X,
        2 * MARGIN + tallest * (BOX_HEIGHT + GAP_Y) - GAP_Y,
        List.copyOf(boxes.values()),
        lines(graph, boxes),
        Math.max(0, graph.size() - MOST_BOXES));
  }

  private static int depth(
      String id,
      Map<String, Map<String, @Nullable Object>> graph,
      Map<String, Integer> depths,
      Set<String> above) {
    Integer known = depths.get(id);
    if (known != null || !above.add(id)) {
      return known == null ? 0 : known;
    }
    int depth = 0;
    for (String source : sources(graph, id)) {
      depth = Math.max(depth, depth(source, graph, depths, above) + 1);
    }
    above.remove(id);
    depths.put(id, depth);
    return depth;
  }

  private static List<String> sources(Map<String, Map<String, @Nullable Object>> graph, String id) {
    List<String> sources = new ArrayList<>();
    for (Object value : Workflow.inputs(graph.get(id)).values()) {
      if (value instanceof List<?> link
          && link.size() == 2
          && link.getFirst() instanceof String source
          && graph.containsKey(source)) {
        sources.add(source);
      }
    }
    return sources;
  }

  private static Box box(
      String id, Map<String, Map<String, @Nullable Object>> graph, int column, int row) {
    String kind = String.valueOf(graph.get(id).get("class_type"));
    Object meta = graph.get(id).get("_meta");
    Object title = meta instanceof Map<?, ?> map ? map.get("title") : null;
    return new Box(
        id,
        kind.length() > LABEL_LENGTH ? kind.substring(0, LABEL_LENGTH - 1) + "…" : kind,
        title == null || title.equals(kind) ? kind : kind + " – " + title,
        MARGIN + column * (BOX_WIDTH + GAP_X),
        MARGIN + row * (BOX_HEIGHT + GAP_Y));
  }

  private static List<Line> lines(
      Map<String, Map<String, @Nullable Object>> graph, Map<String, Box> boxes) {
    List<Line> lines = new ArrayList<>();
    boxes.forEach((id, to) -> {
      for (String source : sources(graph, id)) {
        Box from = boxes.get(source);
        if (from != null) {
          int x1 = from.x() + BOX_WIDTH;
          int y1 = from.y() + BOX_HEIGHT / 2;
          int y2 = to.y() + BOX_HEIGHT / 2;
          int bend = Math.max(24, (to.x() - x1) / 2);
          lines.add(
              new Line(
                  "M%d %dC%d %d %d %d %d %d"
                      .formatted(x1, y1, x1 + bend, y1, to.x() - bend, y2, to.x(), y2)));
        }
      }
    });
    return lines;
  }
}
