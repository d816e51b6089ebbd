package io.comfyfleet.simulator.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The forms of answer ComfyUI gives. */
final class Reply {
  private Reply() {}

  static void json(HttpServerRequest request, int status, JsonNode body) {
    HttpServerResponse response = request.response();
    if (!response.ended() && !response.closed()) {
      response
          .setStatusCode(status)
          .putHeader("Content-Type", "application/json; charset=utf-8")
          .end(body.toString());
    }
  }

  static void empty(HttpServerRequest request, int status) {
    if (!request.response().ended() && !request.response().closed()) {
      request
          .response()
          .setStatusCode(status)
          .putHeader("Content-Type", "application/octet-stream")
          .end();
    }
  }

  static void text(HttpServerRequest request, int status, String body) {
    if (!request.response().ended() && !request.response().closed()) {
      request
          .response()
          .setStatusCode(status)
          .putHeader("Content-Type", "text/plain; charset=utf-8")
          .end(body);
    }
  }

  /** The answer to whatever stumbled. */
  static void trouble(HttpServerRequest request) {
    text(request, 500, "500 Internal Server Error\n\nServer got itself in trouble");
  }

  static ObjectNode object() {
    return JsonMapper.shared().createObjectNode();
  }
}
