package io.comfyfleet.simulator.event;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.Faults;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The websockets by client id, with the real server's defect.
 *
 * <p>Invariants: (1) a new socket takes the place of an older one of the same id, which stays open;
 * (2) when any socket of an id ends, the id is dropped, even if a newer socket holds it: that one
 * then hears nothing more; (3) event loop only.
 */
public final class EventSockets {
  private final Map<String, Client> byId = new LinkedHashMap<>();
  private final Supplier<ObjectNode> features;
  private final Faults faults;

  /**
   * Creates an empty set.
   *
   * @param features what a {@code feature_flags} message is answered with
   * @param faults tells which sockets go deaf
   */
  public EventSockets(Supplier<ObjectNode> features, Faults faults) {
    this.features = features;
    this.faults = faults;
  }

  /**
   * Registers a socket and sends its first status.
   *
   * @param clientId what the client called itself; null or empty for a minted id
   * @param remaining the prompts pending or running
   * @return the id it is registered under
   */
  public String register(ServerWebSocket socket, @Nullable String clientId, int remaining) {
    String id =
        clientId == null || clientId.isEmpty()
            ? UUID.randomUUID().toString().replace("-", "")
            : clientId;
    Client client = new Client(socket);
    byId.remove(id);
    if (faults.take(Fault.DEAF_SOCKET).isEmpty()) {
      byId.put(id, client);
    }
    socket.textMessageHandler(text -> client.hear(text, features));
    socket.closeHandler(end -> byId.remove(id));
    socket.exceptionHandler(broken -> byId.remove(id));
    ObjectNode status = status(remaining);
    status.put("sid", id);
    client.send("status", status);
    return id;
  }

  /** Sends the queue length to every registered socket. */
  public void broadcastStatus(int remaining) {
    broadcast("status", status(remaining));
  }

  /** Sends an event to every registered socket. */
  public void broadcast(String type, ObjectNode data) {
    for (Client client : List.copyOf(byId.values())) {
      client.send(type, data);
    }
  }

  /** Sends an event to one client, or to nobody when it is not registered. */
  public void send(String type, ObjectNode data, String clientId) {
    Client client = byId.get(clientId);
    if (client != null) {
      client.send(type, data);
    }
  }

  /**
   * Sends a preview image.
   *
   * @param format 1 for JPEG, 2 for PNG
   * @param metadata what goes with it to clients that asked for metadata
   * @param clientId the owner; null for every socket
   */
  public void preview(int format, byte[] image, ObjectNode metadata, @Nullable String clientId) {
    for (var entry : Map.copyOf(byId).entrySet()) {
      if (clientId == null || clientId.equals(entry.getKey())) {
        entry.getValue().preview(format, image, metadata);
      }
    }
  }

  private static ObjectNode status(int remaining) {
    ObjectNode data = JsonMapper.shared().createObjectNode();
    data.putObject("status").putObject("exec_info").put("queue_remaining", remaining);
    return data;
  }

  /** One socket and what its client said of itself. */
  private static final class Client {
    private final ServerWebSocket socket;
    private boolean first = true;
    private boolean wantsMetadata;

    Client(ServerWebSocket socket) {
      this.socket = socket;
    }

    void send(String type, ObjectNode data) {
      if (!socket.isClosed()) {
        ObjectNode message = JsonMapper.shared().createObjectNode();
        message.put("type", type).set("data", data);
        socket.writeTextMessage(message.toString());
      }
    }

    void hear(String text, Supplier<ObjectNode> features) {
      boolean opening = first;
      first = false;
      JsonNode message;
      try {
        message = JsonMapper.shared().readTree(text);
      } catch (JacksonException e) {
        return;
      }
      if (opening && message.path("type").asString("").equals("feature_flags")) {
        wantsMetadata = message.path("data").path("supports_preview_metadata").asBoolean(false);
        send("feature_flags", features.get());
      }
    }

    void preview(int format, byte[] image, ObjectNode metadata) {
      if (socket.isClosed()) {
        return;
      }
      Buffer frame = Buffer.buffer();
      if (wantsMetadata) {
        metadata.put("image_type", format == 1 ? "image/jpeg" : "image/png");
        Buffer json = Buffer.buffer(metadata.toString());
        frame.appendInt(4).appendInt(json.length()).appendBuffer(json).appendBytes(image);
      } else {
        frame.appendInt(1).appendInt(format).appendBytes(image);
      }
      socket.writeBinaryMessage(frame);
    }
  }
}
