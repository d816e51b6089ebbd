package io.comfyfleet.producer.dispatch;

import io.comfyfleet.producer.problem.AcceptedException;
import io.comfyfleet.producer.run.JobView;
import io.comfyfleet.producer.run.RunReader;
import io.comfyfleet.producer.run.RunView;
import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Takes work over HTTP. Answers 202 for accepted, 200 for ended while the caller waited. */
@RestController
class DispatchController {
  private static final String KEY = "Idempotency-Key";

  private final Door door;
  private final RunReader reader;

  DispatchController(Door door, RunReader reader) {
    this.door = door;
    this.reader = reader;
  }

  @PostMapping("/api/comfyui/dispatch")
  ResponseEntity<JobView> dispatch(
      @RequestBody(required = false) byte @Nullable [] body,
      @RequestHeader(name = KEY, required = false) @Nullable String key,
      @RequestParam(defaultValue = "0") int wait) {
    RunReader.checkWait(wait);
    UUID jobId = door.job(orEmpty(body), key);
    URI location = URI.create("/api/jobs/" + jobId);
    try {
      JobView job = reader.job(jobId, wait);
      return ResponseEntity.status(job.status().pending() ? HttpStatus.ACCEPTED : HttpStatus.OK)
          .location(location)
          .body(job);
    } catch (DataAccessException | TransactionException e) {
      throw AcceptedException.job(jobId, location, e);
    }
  }

  @PostMapping("/api/runs")
  ResponseEntity<RunView> run(
      @RequestBody(required = false) byte @Nullable [] body,
      @RequestHeader(name = KEY, required = false) @Nullable String key,
      @RequestParam(defaultValue = "0") int wait) {
    RunReader.checkWait(wait);
    String runId = door.run(orEmpty(body), key);
    URI location = URI.create("/api/runs/" + runId);
    try {
      RunView run = reader.run(runId, wait);
      return ResponseEntity.status(run.completedAt() == null ? HttpStatus.ACCEPTED : HttpStatus.OK)
          .location(location)
          .body(run);
    } catch (DataAccessException | TransactionException e) {
      throw AcceptedException.run(runId, location, e);
    }
  }

  private static byte[] orEmpty(byte @Nullable [] body) {
    return body == null ? new byte[0] : body;
  }
}
