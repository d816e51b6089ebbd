package io.comfyfleet.worker.comfy;

import io.comfyfleet.job.Workflow;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Calls to one ComfyUI, 0.3.64 or newer. Thread-safe; every call blocks, has a time limit and
 * throws a {@link ComfyException} when it does not succeed.
 *
 * <p>Servers from about 0.26 on tell all states of a prompt by {@code /api/jobs/{id}}; older ones
 * need {@code /queue} and {@code /history}. Which one this is shows in the answer: an old server's
 * 404 has no body.
 */
public final class ComfyClient {
  private final ComfyHttp http;
  private final String clientId;

  /**
   * @param http client to use; must speak HTTP/1.1
   * @param properties address and time limits
   * @param clientId name of this process's websocket; ComfyUI tells it the events of our prompts
   */
  public ComfyClient(HttpClient http, ComfyProperties properties, String clientId) {
    this.http = new ComfyHttp(http, properties);
    this.clientId = clientId;
  }

  /**
   * Queues a graph. ComfyUI does not recognise a repeat: look first.
   *
   * @param promptId id to queue it under
   * @param workflow the graph
   * @param about what to note beside it, for people who read ComfyUI's queue
   * @return ComfyUI's {@code node_errors}; when not empty, ComfyUI queued the graph without the
   *     outputs named there
   */
  public Map<String, @Nullable Object> submit(
      UUID promptId, Workflow workflow, Map<String, String> about) {
    JsonNode answer =
        http.json(
            http.post(
                "/prompt",
                Map.of(
                    "prompt",
                    workflow.graph(),
                    "prompt_id",
                    promptId.toString(),
                    "client_id",
                    clientId,
                    "extra_data",
                    about)));
    if (!promptId.toString().equals(answer.path("prompt_id").asString(""))) {
      throw new ComfyException.BadAnswer(
          "POST /prompt with prompt_id " + promptId + " was answered without it", null);
    }
    return ComfyHttp.map(answer.path("node_errors"));
  }

  /** Where a prompt is. */
  public PromptStatus look(UUID promptId) {
    HttpRequest request = http.request("/api/jobs/" + promptId).GET().build();
    HttpResponse<byte[]> response = http.send(request);
    if (response.statusCode() != 404) {
      http.check(request, response.statusCode(), response.body());
      return fromJob(http.parse(request, response.body()));
    }
    boolean knowsJobs =
        new String(response.body(), StandardCharsets.UTF_8).contains("Job not found");
    return knowsJobs ? new PromptStatus.Absent() : lookInQueueAndHistory(promptId);
  }

  private PromptStatus fromJob(JsonNode job) {
    String status = job.path("status").asString("");
    return switch (status) {
      case "pending" -> new PromptStatus.Pending();
      case "in_progress" -> new PromptStatus.Running();
      case "completed", "failed", "cancelled" ->
          new PromptStatus.Ended(
              HistoryReader.end(job.path("outputs"), job.path("execution_status")));
      default ->
          throw new ComfyException.NotUnderstood(
              "ComfyUI says of the prompt that it is \""
                  + status
                  + "\", which this worker does not know; is the worker too old for it?");
    };
  }

  /** The queue first: a prompt that ends between the two calls is then found in the history. */
  private PromptStatus lookInQueueAndHistory(UUID promptId) {
    JsonNode queue = queue();
    if (holds(queue.path("queue_running"), promptId)) {
      return new PromptStatus.Running();
    }
    if (holds(queue.path("queue_pending"), promptId)) {
      return new PromptStatus.Pending();
    }
    JsonNode entry = http.get("/history/" + promptId).path(promptId.toString());
    return entry.isObject()
        ? new PromptStatus.Ended(HistoryReader.end(entry.path("outputs"), entry.path("status")))
        : new PromptStatus.Absent();
  }

  /** It holds everybody's graphs, so that its size says nothing about our prompt. */
  private JsonNode queue() {
    try {
      return http.get("/queue");
    } catch (ComfyException.TooLarge e) {
      throw new ComfyException.BadAnswer("ComfyUI's queue is too long to read", e);
    }
  }

  private static boolean holds(JsonNode items, UUID promptId) {
    for (JsonNode item : items.values()) {
      if (promptId.toString().equals(item.path(1).asString(""))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Removes a prompt from the queue, or interrupts it when it runs, and no other. Takes effect at
   * the next node or progress step, which may be long after the return.
   */
  public void cancel(UUID promptId) {
    HttpRequest request =
        http.request("/api/jobs/" + promptId + "/cancel").POST(BodyPublishers.noBody()).build();
    int status = http.send(request, BodyHandlers.discarding()).statusCode();
    if (status != 200) {
      http.command(http.post("/queue", Map.of("delete", List.of(promptId.toString()))));
      http.command(http.post("/interrupt", Map.of("prompt_id", promptId.toString())));
    }
  }

  /** Drops a prompt from ComfyUI's history. Its files stay. */
  public void forget(UUID promptId) {
    http.command(http.post("/history", Map.of("delete", List.of(promptId.toString()))));
  }

  /** Asks ComfyUI to unload all models and free memory before its next prompt. */
  public void free() {
    http.command(http.post("/free", Map.of("unload_models", true, "free_memory", true)));
  }

  /** Version and memory. */
  public SystemStats systemStats() {
    JsonNode stats = http.get("/system_stats");
    if (!stats.path("system").isObject()) {
      throw new ComfyException.BadAnswer(
          "GET /system_stats was answered without \"system\": that is no ComfyUI", null);
    }
    JsonNode device = stats.path("devices").path(0);
    return new SystemStats(
        stats.path("system").path("comfyui_version").asStringOpt().orElse(null),
        device.path("vram_total").asLong(0),
        device.path("vram_free").asLong(0));
  }

  /** The model files that ComfyUI finds, by folder; a request for each folder. */
  public Map<String, SortedSet<String>> models() {
    Map<String, SortedSet<String>> models = new HashMap<>();
    for (JsonNode folder : http.get("/models").values()) {
      SortedSet<String> files = new TreeSet<>();
      http.get("/models/" + encode(folder.asString("")))
          .values()
          .forEach(file -> files.add(file.asString("")));
      models.put(folder.asString(""), files);
    }
    return models;
  }

  /**
   * The queued and running prompts beside which the submitter noted this.
   *
   * @param key a key of what {@link #submit} was told to note
   * @param value its value
   * @return all that it noted, by prompt id
   */
  public Map<UUID, Map<String, String>> queued(String key, String value) {
    JsonNode queue = queue();
    Map<UUID, Map<String, String>> found = new HashMap<>();
    for (String part : List.of("queue_running", "queue_pending")) {
      for (JsonNode item : queue.path(part).values()) {
        if (value.equals(item.path(3).path(key).asString(""))) {
          Map<String, String> noted = new HashMap<>();
          item.path(3).forEachEntry((name, text) -> noted.put(name, text.asString("")));
          found.put(UUID.fromString(item.path(1).asString("")), noted);
        }
      }
    }
    return found;
  }

  /** Prompts in ComfyUI's queue, the running one included. */
  public int queueLength() {
    return http.get("/prompt").path("exec_info").path("queue_remaining").asInt(0);
  }

  /**
   * Streams a file into ComfyUI's input folder.
   *
   * @param name name to offer, of letters, digits, dot, hyphen and underscore
   * @param body opens the bytes; read on a thread of the HTTP client
   * @param timeout limit for the whole transfer
   * @return where ComfyUI put it
   */
  public UploadedFile upload(String name, Supplier<InputStream> body, Duration timeout) {
    String boundary = "fleet-" + UUID.randomUUID();
    String head =
        "--"
            + boundary
            + "\r\nContent-Disposition: form-data; name=\"image\"; filename=\""
            + name
            + "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
    BodyPublisher parts =
        BodyPublishers.concat(
            BodyPublishers.ofString(head),
            BodyPublishers.ofInputStream(body),
            BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
    JsonNode answer =
        http.json(
            http.request("/upload/image", timeout)
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(parts)
                .build());
    if (!answer.path("name").isString()) {
      throw new ComfyException.BadAnswer("POST /upload/image was answered without a name", null);
    }
    return new UploadedFile(answer.path("name").asString(), answer.path("subfolder").asString(""));
  }

  /**
   * Opens a file that a prompt left.
   *
   * @param timeout limit until the bytes begin to come
   */
  public ViewedFile view(PromptOutput.StoredFile file, Duration timeout) {
    String query =
        "filename="
            + encode(file.filename())
            + "&subfolder="
            + encode(file.subfolder())
            + "&type="
            + encode(file.type());
    HttpRequest request = http.request("/view?" + query, timeout).GET().build();
    HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      try (InputStream body = response.body()) {
        http.check(request, response.statusCode(), body.readNBytes(4096));
      } catch (IOException e) {
        throw new ComfyException.Unreachable("GET /view broke off: " + e.getMessage(), e);
      }
      throw new ComfyException.BadAnswer("GET /view answered " + response.statusCode(), null);
    }
    return new ViewedFile(
        response.headers().firstValue("Content-Type").orElse("application/octet-stream"),
        response.headers().firstValueAsLong("Content-Length").orElse(-1),
        response.body());
  }

  private static String encode(String value) {
    // A plus is a space in a query, and a plus in a path.
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
