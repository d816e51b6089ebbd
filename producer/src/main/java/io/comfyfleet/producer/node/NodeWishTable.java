package io.comfyfleet.producer.node;

import io.comfyfleet.wire.MessageCodec;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The table {@code node_wish}. */
@Component
class NodeWishTable {
  private static final String COLUMNS = "select node_id, paused, slots, lanes from node_wish";

  private final JdbcClient jdbc;
  private final JsonMapper json = MessageCodec.mapper();

  NodeWishTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<NodeWish> find(String nodeId) {
    return jdbc.sql(COLUMNS + " where node_id = :id")
        .param("id", nodeId)
        .query((row, number) -> wish(row))
        .optional();
  }

  /** Inserts, or replaces; one without a wish is removed. */
  void put(String nodeId, NodeWish wish) {
    if (wish.equals(NodeWish.NONE)) {
      jdbc.sql("delete from node_wish where node_id = :id").param("id", nodeId).update();
      return;
    }
    String update =
        "update node_wish set paused = :paused, slots = :slots, lanes = :lanes where node_id = :id";
    if (write(update, nodeId, wish) == 0) {
      try {
        write(
            "insert into node_wish (node_id, paused, slots, lanes)"
                + " values (:id, :paused, :slots, :lanes)",
            nodeId,
            wish);
      } catch (DuplicateKeyException e) {
        // The other producer was first; the later word holds.
        write(update, nodeId, wish);
      }
    }
  }

  private int write(String sql, String nodeId, NodeWish wish) {
    return jdbc.sql(sql)
        .param("id", nodeId)
        .param("paused", wish.paused())
        .param("slots", wish.slots(), Types.INTEGER)
        .param("lanes", text(wish.lanes()), Types.VARCHAR)
        .update();
  }

  private @Nullable String text(@Nullable Map<String, Integer> lanes) {
    return lanes == null ? null : json.writeValueAsString(lanes);
  }

  private NodeWish wish(ResultSet row) throws SQLException {
    String lanes = row.getString("lanes");
    return new NodeWish(
        row.getBoolean("paused"),
        row.getObject("slots", Integer.class),
        lanes == null ? null : json.readValue(lanes, new TypeReference<>() {}));
  }
}
