package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.FaultPlan;
import io.comfyfleet.simulator.queue.QueuedPrompt;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /api/jobs} and below. */
final class JobRoutes {
  private static final List<String> STATES =
      List.of("pending", "in_progress", "completed", "failed", "cancelled");

  private final ServerParts parts;

  JobRoutes(ServerParts parts) {
    this.parts = parts;
  }

  /** Handles a path that begins with {@code /jobs}; tells whether there is such a route. */
  boolean handle(HttpServerRequest request, Buffer body, String path) {
    boolean reading = request.method() == HttpMethod.GET;
    boolean cancels = request.method() == HttpMethod.POST && parts.options().flavour().hasCancel();
    if (reading && path.equals("/jobs")) {
      list(request);
    } else if (cancels && path.equals("/jobs/cancel")) {
      cancelMany(request, body);
    } else if (cancels && path.endsWith("/cancel")) {
      String id = path.substring("/jobs/".length(), path.length() - "/cancel".length());
      Reply.json(request, 200, Reply.object().put("cancelled", cancel(id)));
    } else if (reading && path.startsWith("/jobs/")) {
      one(request, path.substring("/jobs/".length()));
    } else {
      return false;
    }
    return true;
  }

  private void one(HttpServerRequest request, String id) {
    ObjectNode job = find(id);
    if (job == null) {
      Reply.json(request, 404, Reply.object().put("error", "Job not found"));
    } else {
      Reply.json(request, 200, job);
    }
  }

  private @Nullable ObjectNode find(String id) {
    QueuedPrompt running = parts.queue().running().orElse(null);
    if (running != null && running.id().equals(id)) {
      String status =
          parts.faults().take(Fault.UNKNOWN_STATUS).map(FaultPlan::value).orElse("in_progress");
      return JobViews.waiting(running, status);
    }
    for (QueuedPrompt prompt : parts.queue().pending()) {
      if (prompt.id().equals(id)) {
        return JobViews.waiting(prompt, "pending");
      }
    }
    ObjectNode entry = parts.history().get(id);
    return entry == null ? null : JobViews.finished(entry, true);
  }

  private void list(HttpServerRequest request) {
    String wanted = request.getParam("status");
    List<String> states = wanted == null ? STATES : Arrays.asList(wanted.split(","));
    List<String> unknown = states.stream().filter(state -> !STATES.contains(state)).toList();
    if (!unknown.isEmpty()) {
      String error =
          "Invalid status value(s): "
              + String.join(", ", unknown)
              + ". Valid values: "
              + String.join(", ", STATES);
      Reply.json(request, 400, Reply.object().put("error", error));
      return;
    }
    List<ObjectNode> jobs = new ArrayList<>();
    parts.queue().running().ifPresent(p -> jobs.add(JobViews.waiting(p, "in_progress")));
    parts.queue().pending().forEach(p -> jobs.add(JobViews.waiting(p, "pending")));
    parts.history().all().values().forEach(entry -> jobs.add(JobViews.finished(entry, false)));
    jobs.removeIf(job -> !states.contains(job.path("status").asString()));
    sort(request, jobs);
    page(request, jobs);
  }

  private static void sort(HttpServerRequest request, List<ObjectNode> jobs) {
    boolean byDuration = "execution_duration".equals(request.getParam("sort_by"));
    Comparator<ObjectNode> order =
        Comparator.comparingLong(job ->
            byDuration
                ? job.path("execution_end_time").asLong(0)
                    - job.path("execution_start_time").asLong(0)
                : job.path("create_time").asLong(0));
    jobs.sort("asc".equals(request.getParam("sort_order")) ? order : order.reversed());
  }

  private static void page(HttpServerRequest request, List<ObjectNode> jobs) {
    String given = request.getParam("limit");
    Integer limit = given == null ? null : Integer.valueOf(given);
    if (limit != null && limit < 1) {
      Reply.json(request, 400, Reply.object().put("error", "limit must be a positive integer"));
      return;
    }
    String from = request.getParam("offset");
    int offset = from == null ? 0 : Math.max(0, Integer.parseInt(from));
    int end = limit == null ? jobs.size() : Math.min(jobs.size(), offset + limit);
    ObjectNode body = Reply.object();
    ArrayNode list = body.putArray("jobs");
    jobs.subList(Math.min(offset, jobs.size()), Math.max(Math.min(offset, jobs.size()), end))
        .forEach(list::add);
    ObjectNode pagination = body.putObject("pagination");
    pagination.put("offset", offset).put("limit", limit).put("total", jobs.size());
    pagination.put("has_more", end < jobs.size());
    Reply.json(request, 200, body);
  }

  private boolean cancel(String id) {
    if (parts.runner().interrupt(id)) {
      return true;
    }
    boolean removed = parts.queue().removeIf(prompt -> prompt.id().equals(id));
    if (removed) {
      parts.sockets().broadcastStatus(parts.queue().remaining());
    }
    return removed;
  }

  private void cancelMany(HttpServerRequest request, Buffer bytes) {
    JsonNode ids;
    try {
      ids = JsonMapper.shared().readTree(bytes.getBytes()).path("job_ids");
    } catch (JacksonException e) {
      ids = Reply.object();
    }
    if (!ids.isArray()) {
      Reply.json(request, 400, Reply.object().put("error", "job_ids must be a list"));
      return;
    }
    boolean cancelled = false;
    for (JsonNode id : ids) {
      cancelled |= cancel(id.asString());
    }
    Reply.json(request, 200, Reply.object().put("cancelled", cancelled));
  }
}
