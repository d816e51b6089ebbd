package io.comfyfleet.simulator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A plain client for the tests: HTTP with JSON, and a websocket that keeps what it hears. */
final class ComfyClient implements AutoCloseable {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI base;

  ComfyClient(URI base) {
    this.base = base;
  }

  HttpResponse<String> send(String method, String path, String body, Map<String, String> headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path.replace(" ", "%20")))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> upload(String path, byte[] multipart, String boundary)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(HttpRequest.BodyPublishers.ofByteArray(multipart))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    return JsonMapper.shared().readTree(send("GET", path, "", Map.of()).body());
  }

  JsonNode post(String path, String body) throws IOException, InterruptedException {
    return JsonMapper.shared().readTree(send("POST", path, body, Map.of()).body());
  }

  /** Posts a graph; returns the prompt id. */
  String prompt(ObjectNode graph, String clientId) throws IOException, InterruptedException {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    body.put("client_id", clientId).set("prompt", graph);
    return post("/prompt", body.toString()).path("prompt_id").asString();
  }

  /** Builds EmptyImage, TestSleep, SaveImage. */
  static ObjectNode sleeping(int colour, double seconds) {
    return (ObjectNode)
        JsonMapper.shared()
            .readTree(
                """
                {"1":{"class_type":"EmptyImage","inputs":{"width":64,"height":48,"batch_size":1,\
                "color":%d}},"2":{"class_type":"TestSleep","inputs":{"value":["1",0],\
                "seconds":%s}},"3":{"class_type":"SaveImage","inputs":{"images":["2",0],\
                "filename_prefix":"job"}}}\
                """
                    .formatted(colour, seconds));
  }

  Socket socket(String clientId) throws InterruptedException, ExecutionException, TimeoutException {
    Socket socket = new Socket();
    URI uri = URI.create("ws" + base.toString().substring(4) + "/ws?clientId=" + clientId);
    socket.open = http.newWebSocketBuilder().buildAsync(uri, socket).get(10, TimeUnit.SECONDS);
    return socket;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  /** A websocket that keeps every message as {@code type node-or-number}. */
  static final class Socket implements WebSocket.Listener {
    final List<JsonNode> texts = new CopyOnWriteArrayList<>();
    final List<String> heard = new CopyOnWriteArrayList<>();
    volatile String end = "";
    private final StringBuilder text = new StringBuilder();
    private boolean fresh = true;
    private volatile WebSocket open;

    WebSocket webSocket() {
      return open;
    }

    /**
     * Whether the connection has ended. The JDK does not tell of an end that arrives while it hands
     * on a message; a ping finds out.
     */
    boolean isGone() throws InterruptedException {
      if (!end.isEmpty()) {
        return true;
      }
      try {
        open.sendPing(ByteBuffer.allocate(0)).get(1, TimeUnit.SECONDS);
        return false;
      } catch (ExecutionException | TimeoutException e) {
        return true;
      }
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        JsonNode message = JsonMapper.shared().readTree(text.toString());
        text.setLength(0);
        texts.add(message);
        heard.add(word(message));
      }
      socket.request(1);
      return null;
    }

    private static String word(JsonNode message) {
      String type = message.path("type").asString();
      JsonNode data = message.path("data");
      return switch (type) {
        case "progress", "progress_state" -> "progress";
        case "status" -> "status " + data.at("/status/exec_info/queue_remaining").asInt();
        case "executing", "executed" -> type + " " + data.path("node").asString("null");
        default -> type;
      };
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
      if (fresh) {
        heard.add("binary " + part.getInt(part.position()));
      }
      fresh = last;
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      end = "close " + code;
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      end = "error " + error;
    }
  }
}
