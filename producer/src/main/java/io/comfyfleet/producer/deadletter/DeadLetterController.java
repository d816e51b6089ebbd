package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.InvalidMessageException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The dead letters over HTTP. */
@RestController
@RequestMapping("/api/dead-letters")
class DeadLetterController {
  private final DeadLetterDesk desk;
  private final JsonMapper mapper;
  private final Clock clock;

  DeadLetterController(DeadLetterDesk desk, JsonMapper mapper, Clock clock) {
    this.desk = desk;
    this.mapper = mapper;
    this.clock = clock;
  }

  /** The filter of a query string, whose names are not those of Java. */
  private LetterFilter filter(Query query, @Nullable String older, @Nullable String newer) {
    Instant now = clock.instant();
    return new ActionRequest.Filter(
            query.reason(), query.node(), query.lane(), query.run(), query.job(), older, newer)
        .at(now);
  }

  record Query(
      @Nullable String reason,
      @Nullable String node,
      @Nullable String lane,
      @Nullable String run,
      java.util.@Nullable UUID job) {}

  @GetMapping
  LetterPage list(
      @ModelAttribute Query query,
      @RequestParam(name = "older_than", required = false) @Nullable String older,
      @RequestParam(name = "newer_than", required = false) @Nullable String newer,
      @RequestParam(defaultValue = "50") int limit,
      @RequestParam(defaultValue = "0") int offset) {
    return desk.list(filter(query, older, newer), limit, offset);
  }

  @GetMapping("/groups")
  LetterGroups groups(
      @ModelAttribute Query query,
      @RequestParam(name = "older_than", required = false) @Nullable String older,
      @RequestParam(name = "newer_than", required = false) @Nullable String newer) {
    return desk.groups(filter(query, older, newer));
  }

  @GetMapping("/{id}")
  LetterDetails show(@PathVariable String id) {
    return desk.show(id);
  }

  /** One letter per line, sent as they are read. */
  @GetMapping("/export")
  void export(
      @ModelAttribute Query query,
      @RequestParam(name = "older_than", required = false) @Nullable String older,
      @RequestParam(name = "newer_than", required = false) @Nullable String newer,
      HttpServletResponse response)
      throws IOException {
    LetterFilter filter = filter(query, older, newer);
    response.setContentType("application/x-ndjson");
    OutputStream out = response.getOutputStream();
    try {
      desk.export(
          filter,
          letter -> {
            out.write(mapper.writeValueAsBytes(letter));
            out.write('\n');
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    out.flush();
  }

  @PostMapping("/{id}/replay")
  Replayed replay(@PathVariable String id, @RequestBody(required = false) @Nullable JsonNode body) {
    JsonNode edit = body == null ? null : body.get("job");
    if (edit != null && !edit.isNull() && !edit.isObject()) {
      throw new InvalidMessageException("job", "must be an object with the fields to change");
    }
    boolean evenCancelled = body != null && body.path("even_cancelled").asBoolean(false);
    desk.replayEdited(id, edit instanceof ObjectNode fields ? fields : null, evenCancelled);
    return new Replayed(1, java.util.List.of());
  }

  @PostMapping("/replay")
  Replayed replay(@RequestBody ActionRequest request) {
    return desk.replay(request.selection(clock.instant()));
  }

  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void discard(@PathVariable String id) {
    desk.discard(id);
  }

  @PostMapping("/discard")
  Discarded discard(@RequestBody ActionRequest request) {
    return desk.discard(request.selection(clock.instant()));
  }
}
