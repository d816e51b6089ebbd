package io.comfyfleet.simulator.wrapper;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The calls of the wrapper. Event loop only. */
final class WrapperRoutes implements Handler<HttpServerRequest> {
  private final String name;
  private final ComfyLine line;

  WrapperRoutes(String name, ComfyLine line) {
    this.name = name;
    this.line = line;
  }

  @Override
  public void handle(HttpServerRequest request) {
    String[] parts = request.path().split("/", -1);
    Kind kind = parts.length > 3 && parts[1].equals("api") ? Kind.of(parts[2]) : null;
    boolean posted = request.method() == HttpMethod.POST;
    if (request.path().equals("/health")) {
      answer(request, 200, object().put("status", "ok").put("node", name));
    } else if (kind != null && posted && parts.length == 4 && parts[3].equals("generate")) {
      request.body().onSuccess(body -> generate(request, kind, body));
    } else if (kind != null && posted && parts.length == 4 && parts[3].equals("submit")) {
      request.body().onSuccess(body -> submit(request, kind, body));
    } else if (kind != null && !posted && parts.length == 5 && parts[3].equals("status")) {
      status(request, kind, parts[4]);
    } else if (kind != null && !posted && parts.length == 5 && parts[3].equals("result")) {
      result(request, kind, parts[4]);
    } else if (!posted && request.path().startsWith("/api/files/") && parts.length == 5) {
      file(request, parts[3], parts[4]);
    } else {
      refuse(request, 404, "There is no " + request.method() + " " + request.path());
    }
  }

  /** The caller may be gone before the end; the picture is made all the same. */
  private void generate(HttpServerRequest request, Kind kind, Buffer body) {
    WrappedJob job = add(request, kind, body);
    if (job != null) {
      job.end()
          .future()
          .onSuccess(end -> answer(request, job.httpStatus(), job.result(base(request), name)));
    }
  }

  private void submit(HttpServerRequest request, Kind kind, Buffer body) {
    WrappedJob job = add(request, kind, body);
    if (job != null) {
      answer(request, 202, job.told(base(request), name));
    }
  }

  private void status(HttpServerRequest request, Kind kind, String id) {
    WrappedJob job = find(request, kind, id);
    if (job != null) {
      answer(request, 200, job.told(base(request), name));
    }
  }

  private void result(HttpServerRequest request, Kind kind, String id) {
    WrappedJob job = find(request, kind, id);
    if (job == null) {
      return;
    }
    if (job.isDone()) {
      answer(request, job.httpStatus(), job.result(base(request), name));
    } else {
      request.response().putHeader("Retry-After", "1");
      answer(request, 409, job.told(base(request), name));
    }
  }

  private void file(HttpServerRequest request, String id, String index) {
    WrappedJob job = line.find(id);
    int number = index.matches("\\d{1,4}") ? Integer.parseInt(index) : Integer.MAX_VALUE;
    if (job == null || number >= job.outputs().size()) {
      refuse(request, 404, "There is no file " + index + " of a job " + id + " here");
      return;
    }
    request.pause();
    line.open(job.outputs().get(number))
        .onSuccess(file -> send(request.response(), file))
        .onFailure(
            trouble -> refuse(request, 502, "ComfyUI cannot be reached: " + trouble.getMessage()));
  }

  private static void send(HttpServerResponse response, HttpClientResponse file) {
    response.setStatusCode(file.statusCode());
    for (String header : new String[] {"Content-Type", "Content-Length"}) {
      String value = file.getHeader(header);
      if (value != null) {
        response.putHeader(header, value);
      }
    }
    response.setChunked(file.getHeader("Content-Length") == null);
    file.pipeTo(response);
  }

  private @Nullable WrappedJob add(HttpServerRequest request, Kind kind, Buffer bytes) {
    try {
      JsonNode body = JsonMapper.shared().readTree(bytes.getBytes());
      if (body.path("prompt").isString()) {
        return line.add(kind, body);
      }
      refuse(request, 400, "The body needs a prompt, which is a string");
    } catch (JacksonException e) {
      refuse(request, 400, "The body is not JSON: " + e.getOriginalMessage());
    }
    return null;
  }

  private @Nullable WrappedJob find(HttpServerRequest request, Kind kind, String id) {
    WrappedJob job = line.find(id);
    if (job == null || job.kind() != kind) {
      refuse(request, 404, "Wrapper " + name + " has no job " + id + "; it knows its own only");
      return null;
    }
    return job;
  }

  /** By the address that the caller used, which is the balancer's where there is one. */
  private static String base(HttpServerRequest request) {
    return request.scheme() + "://" + request.getHeader("Host");
  }

  private void refuse(HttpServerRequest request, int status, String words) {
    answer(request, status, object().put("error", words).put("node", name));
  }

  private static void answer(HttpServerRequest request, int status, ObjectNode body) {
    HttpServerResponse response = request.response();
    if (!response.ended() && !response.closed()) {
      response
          .setStatusCode(status)
          .putHeader("Content-Type", "application/json")
          .end(body.toString());
    }
  }

  private static ObjectNode object() {
    return JsonMapper.shared().createObjectNode();
  }
}
