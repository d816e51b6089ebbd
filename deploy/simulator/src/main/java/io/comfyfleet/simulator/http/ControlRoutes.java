package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.execution.Executed;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.FaultPlan;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The simulator's own routes below {@code /simulator}. */
final class ControlRoutes {
  private final ServerParts parts;

  ControlRoutes(ServerParts parts) {
    this.parts = parts;
  }

  void faults(HttpServerRequest request) {
    ArrayNode body = JsonMapper.shared().createArrayNode();
    for (FaultPlan plan : parts.faults().armed()) {
      boolean latched = plan.times() == FaultPlan.LATCHED;
      ObjectNode one = body.addObject();
      one.put("fault", plan.fault().name().toLowerCase(Locale.ROOT));
      one.put("latched", latched).put("times", latched ? null : Integer.valueOf(plan.times()));
      one.put("seconds", plan.time().toMillis() / 1000.0).put("value", plan.value());
    }
    Reply.json(request, 200, body);
  }

  void arm(HttpServerRequest request, Buffer bytes) {
    JsonNode body = JsonMapper.shared().readTree(bytes.getBytes());
    try {
      parts.faults().arm(plan(body));
    } catch (IllegalArgumentException e) {
      Reply.json(request, 400, Reply.object().put("error", String.valueOf(e.getMessage())));
      return;
    }
    faults(request);
  }

  private static FaultPlan plan(JsonNode body) {
    Fault fault = Fault.valueOf(body.path("fault").asString("").toUpperCase(Locale.ROOT));
    FaultPlan plan = FaultPlan.once(fault).times(body.path("times").asInt(1));
    if (body.path("latched").asBoolean(false)) {
      plan = plan.latched();
    }
    long millis = Math.round(body.path("seconds").asDouble(0) * 1000);
    JsonNode value = body.path("value");
    return plan.lasting(Duration.ofMillis(millis))
        .with(value.isMissingNode() ? "" : value.asString());
  }

  /** All of them, or the one that the query names. */
  void clear(HttpServerRequest request) {
    String name = request.getParam("fault");
    try {
      if (name == null) {
        parts.faults().clear();
      } else {
        parts.faults().clear(Fault.valueOf(name.toUpperCase(Locale.ROOT)));
      }
    } catch (IllegalArgumentException e) {
      Reply.json(request, 400, Reply.object().put("error", String.valueOf(e.getMessage())));
      return;
    }
    faults(request);
  }

  void pace(HttpServerRequest request, Buffer bytes) {
    double seconds = JsonMapper.shared().readTree(bytes.getBytes()).path("seconds").asDouble(-1);
    if (seconds < 0) {
      Reply.json(request, 400, Reply.object().put("error", "seconds must be a number, 0 or more"));
      return;
    }
    parts.runner().pace(Duration.ofMillis(Math.round(seconds * 1000)));
    Reply.empty(request, 200);
  }

  void executed(HttpServerRequest request) {
    ArrayNode body = JsonMapper.shared().createArrayNode();
    for (Executed run : parts.log().all()) {
      ObjectNode one = body.addObject();
      one.put("prompt_id", run.promptId()).put("fleet_job_id", run.jobId());
      one.put("started", run.started().toString());
      one.put("ended", run.ended() == null ? null : run.ended().toString());
      one.put("outcome", run.outcome());
      run.rendered().forEach(one.putArray("rendered")::add);
    }
    Reply.json(request, 200, body);
  }

  void uploads(HttpServerRequest request) {
    ArrayNode body = JsonMapper.shared().createArrayNode();
    for (Upload upload : parts.uploads().all()) {
      ObjectNode one = body.addObject();
      one.put("name", upload.name()).put("subfolder", upload.subfolder());
      one.put("type", upload.type()).put("size", upload.size());
    }
    Reply.json(request, 200, body);
  }

  void restart(HttpServerRequest request) {
    Reply.empty(request, 202);
    parts.vertx().setTimer(50, timer -> parts.power().restart());
  }
}
