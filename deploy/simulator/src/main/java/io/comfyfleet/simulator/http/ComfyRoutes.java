package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.graph.ServerTrouble;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import tools.jackson.core.JacksonException;

/** Sends each request to its handler, after the checks and faults that concern all of them. */
public final class ComfyRoutes implements Handler<HttpServerRequest> {
  private static final long LARGEST_BODY = 104_857_600;

  private final ServerParts parts;
  private final Map<String, Map<HttpMethod, BiConsumer<HttpServerRequest, Buffer>>> fixed =
      new HashMap<>();
  private final JobRoutes jobs;
  private final QueueRoutes queues;
  private final FactRoutes facts;

  /** Creates the routes of one server life. */
  public ComfyRoutes(ServerParts parts) {
    this.parts = parts;
    this.jobs = new JobRoutes(parts);
    this.queues = new QueueRoutes(parts);
    this.facts = new FactRoutes(parts);
    PromptRoutes prompts = new PromptRoutes(parts);
    ViewRoutes views = new ViewRoutes(parts);
    UploadRoutes uploads = new UploadRoutes(parts);
    ControlRoutes control = new ControlRoutes(parts);
    get("/prompt", (request, body) -> prompts.remaining(request));
    post("/prompt", prompts::post);
    get("/queue", (request, body) -> queues.queue(request));
    post("/queue", queues::change);
    get("/history", (request, body) -> queues.history(request));
    post("/history", queues::changeHistory);
    post("/interrupt", queues::interrupt);
    post("/free", queues::free);
    get("/view", (request, body) -> views.view(request));
    on(HttpMethod.HEAD, "/view", (request, body) -> views.view(request));
    post("/upload/image", uploads::image);
    post("/upload/mask", uploads::image);
    get("/system_stats", (request, body) -> facts.systemStats(request));
    get("/features", (request, body) -> Reply.json(request, 200, facts.features()));
    get("/object_info", (request, body) -> facts.objectInfo(request));
    get("/models", (request, body) -> facts.models(request));
    get("/embeddings", (request, body) -> facts.emptyList(request));
    get("/extensions", (request, body) -> facts.emptyList(request));
    get("/users", (request, body) -> facts.users(request));
    get("/simulator/faults", (request, body) -> control.faults(request));
    post("/simulator/faults", control::arm);
    on(HttpMethod.DELETE, "/simulator/faults", (request, body) -> control.clear(request));
    on(HttpMethod.PUT, "/simulator/pace", control::pace);
    get("/simulator/executed", (request, body) -> control.executed(request));
    get("/simulator/uploads", (request, body) -> control.uploads(request));
    post("/simulator/restart", (request, body) -> control.restart(request));
  }

  private void get(String path, BiConsumer<HttpServerRequest, Buffer> handler) {
    on(HttpMethod.GET, path, handler);
  }

  private void post(String path, BiConsumer<HttpServerRequest, Buffer> handler) {
    on(HttpMethod.POST, path, handler);
  }

  private void on(HttpMethod method, String path, BiConsumer<HttpServerRequest, Buffer> handler) {
    fixed.computeIfAbsent(path, key -> new HashMap<>()).put(method, handler);
  }

  @Override
  public void handle(HttpServerRequest request) {
    String path = request.path() == null ? "/" : request.path();
    boolean api = path.startsWith("/api/");
    String bare = api ? path.substring(4) : path;
    if (bare.equals("/ws")) {
      openSocket(request);
      return;
    }
    if (foreign(request)) {
      Reply.empty(request, 403);
      return;
    }
    if (!bare.startsWith("/simulator/")) {
      var error = parts.faults().take(Fault.SERVER_ERROR);
      if (error.isPresent()) {
        int status = error.get().number(500);
        Reply.text(request, status, status + " Internal Server Error");
        return;
      }
    }
    String length = request.getHeader("Content-Length");
    if (length != null && Long.parseLong(length) > LARGEST_BODY) {
      tooLarge(request);
      return;
    }
    collect(request, api, bare);
  }

  private void collect(HttpServerRequest request, boolean api, String path) {
    Buffer body = Buffer.buffer();
    boolean[] refused = {false};
    request.handler(part -> {
      if (!refused[0] && body.length() + part.length() > LARGEST_BODY) {
        refused[0] = true;
        tooLarge(request);
      } else if (!refused[0]) {
        body.appendBuffer(part);
      }
    });
    request.endHandler(end -> {
      if (!refused[0]) {
        dispatch(request, body, api, path);
      }
    });
  }

  private static void tooLarge(HttpServerRequest request) {
    request.response().putHeader("Connection", "close");
    Reply.text(request, 413, "Maximum request body size " + LARGEST_BODY + " exceeded.");
  }

  private void dispatch(HttpServerRequest request, Buffer body, boolean api, String path) {
    try {
      var handlers = fixed.get(path);
      if (handlers != null) {
        var handler = handlers.get(request.method());
        if (handler == null) {
          Reply.text(request, 405, "405: Method Not Allowed");
        } else {
          handler.accept(request, body);
        }
      } else if (!withParameter(request, body, api, path)) {
        notFound(request);
      }
    } catch (ServerTrouble | JacksonException | NumberFormatException e) {
      Reply.trouble(request);
    }
  }

  private void notFound(HttpServerRequest request) {
    boolean reading = request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD;
    if (reading) {
      Reply.empty(request, 404);
    } else {
      Reply.text(request, 405, "405: Method Not Allowed");
    }
  }

  private boolean withParameter(HttpServerRequest request, Buffer body, boolean api, String path) {
    boolean reading = request.method() == HttpMethod.GET;
    if (api && path.startsWith("/jobs") && parts.options().flavour().hasJobs()) {
      return jobs.handle(request, body, path);
    }
    if (reading && path.startsWith("/history/")) {
      queues.history(request, path.substring("/history/".length()));
      return true;
    }
    if (reading && path.startsWith("/object_info/")) {
      facts.objectInfo(request, path.substring("/object_info/".length()));
      return true;
    }
    if (reading && path.startsWith("/models/")) {
      facts.models(request, path.substring("/models/".length()));
      return true;
    }
    return false;
  }

  private boolean foreign(HttpServerRequest request) {
    String fetch = request.getHeader("Sec-Fetch-Site");
    if (parts.options().flavour().hasCancel() && "cross-site".equals(fetch)) {
      return true;
    }
    String origin = request.getHeader("Origin");
    String host = request.getHeader("Host");
    if (origin == null || host == null) {
      return false;
    }
    try {
      String authority = URI.create(origin).getAuthority();
      return authority != null && !authority.equalsIgnoreCase(host);
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private void openSocket(HttpServerRequest request) {
    if (!"websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
      Reply.text(
          request, 400, "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".");
      return;
    }
    String clientId = request.getParam("clientId");
    request.toWebSocket().onSuccess(socket -> opened(socket, clientId));
  }

  private void opened(ServerWebSocket socket, String clientId) {
    String id = parts.sockets().register(socket, clientId, parts.queue().remaining());
    parts
        .runner()
        .runningNode(id)
        .ifPresent(node -> parts.sockets().send("executing", Reply.object().put("node", node), id));
  }
}
