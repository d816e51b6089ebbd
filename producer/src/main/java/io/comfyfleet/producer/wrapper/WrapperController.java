package io.comfyfleet.producer.wrapper;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Output;
import io.comfyfleet.producer.artifact.Downloads;
import io.comfyfleet.producer.dispatch.Door;
import io.comfyfleet.producer.problem.AcceptedException;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.producer.run.JobView;
import io.comfyfleet.producer.run.PublicAddress;
import io.comfyfleet.producer.run.RunReader;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * The same four calls for images and videos. A caller that goes away while it is held loses
 * nothing: its job was accepted before the wait began.
 */
@RestController
@RequestMapping("/api/{type:image|video}")
class WrapperController {
  private static final String KEY = "Idempotency-Key";

  private final Door door;
  private final RunReader reader;
  private final Downloads downloads;
  private final PublicAddress address;
  private final WrapperSettings settings;

  WrapperController(
      Door door,
      RunReader reader,
      Downloads downloads,
      PublicAddress address,
      WrapperSettings settings) {
    this.door = door;
    this.reader = reader;
    this.downloads = downloads;
    this.address = address;
    this.settings = settings;
  }

  @PostMapping("/generate")
  @Nullable ResponseEntity<FinishedJob> generate(
      @PathVariable String type,
      @RequestBody(required = false) byte @Nullable [] body,
      @RequestHeader(name = KEY, required = false) @Nullable String key,
      @RequestParam(required = false) @Nullable Integer wait,
      @RequestParam(defaultValue = "json") String response,
      HttpServletRequest request,
      HttpServletResponse answer)
      throws IOException {
    int seconds = wait == null ? Math.toIntExact(settings.patience().toSeconds()) : wait;
    RunReader.checkWait(seconds);
    boolean file = wantsFile(response);
    UUID jobId = accept(type, body, key);
    JobView job;
    try {
      job = reader.job(jobId, seconds);
    } catch (DataAccessException | TransactionException e) {
      throw FinishedJob.stillRunning()
          .with("job_id", jobId)
          .with("status_url", url(type, "status", jobId));
    }
    return finished(job, file, request, answer);
  }

  @PostMapping("/submit")
  ResponseEntity<SubmittedJob> submit(
      @PathVariable String type,
      @RequestBody(required = false) byte @Nullable [] body,
      @RequestHeader(name = KEY, required = false) @Nullable String key) {
    UUID jobId = accept(type, body, key);
    URI location = url(type, "status", jobId);
    try {
      SubmittedJob job = submitted(reader.job(jobId, 0));
      return ResponseEntity.status(job.done() ? HttpStatus.OK : HttpStatus.ACCEPTED)
          .location(location)
          .body(job);
    } catch (DataAccessException | TransactionException e) {
      throw AcceptedException.job(jobId, location, e);
    }
  }

  @GetMapping("/status/{id}")
  SubmittedJob status(
      @PathVariable String type,
      @PathVariable String id,
      @RequestParam(defaultValue = "0") int wait) {
    return submitted(find(type, id, wait));
  }

  @GetMapping("/result/{id}")
  @Nullable ResponseEntity<FinishedJob> result(
      @PathVariable String type,
      @PathVariable String id,
      @RequestParam(defaultValue = "0") int wait,
      @RequestParam(defaultValue = "json") String response,
      HttpServletRequest request,
      HttpServletResponse answer)
      throws IOException {
    boolean file = wantsFile(response);
    JobView job = find(type, id, wait);
    if (job.status().pending()) {
      throw new ProblemException(
              HttpStatus.CONFLICT,
              "not-ended",
              "The job has not ended yet; ask again, with wait=SECONDS to be held until it has")
          .retryAfter(FinishedJob.ASK_AGAIN)
          .with("job_id", job.jobId())
          .with("status", job.status())
          .with("progress", job.progress())
          .with("status_url", url(job, "status"));
    }
    return finished(job, file, request, answer);
  }

  private UUID accept(String type, byte @Nullable [] body, @Nullable String key) {
    return door.job(JobType.of(type), body == null ? new byte[0] : body, key);
  }

  private JobView find(String type, String id, int wait) {
    JobView job = reader.job(RunReader.jobId(id), wait);
    if (!job.type().equals(type)) {
      throw new ProblemException(
          HttpStatus.NOT_FOUND, "job-not-found", "There is no " + type + " job " + id);
    }
    return job;
  }

  /** Null when the file was sent. */
  private @Nullable ResponseEntity<FinishedJob> finished(
      JobView job, boolean file, HttpServletRequest request, HttpServletResponse answer)
      throws IOException {
    FinishedJob finished = FinishedJob.of(job, url(job, "status"));
    if (!file) {
      return ResponseEntity.ok(finished);
    }
    UUID artifact =
        finished.outputs().stream()
            .map(Output::artifact)
            .filter(id -> id != null)
            .findFirst()
            .orElseThrow(() ->
                new ProblemException(
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "no-file",
                        "The job succeeded without making a file: its graph saves none")
                    .with("job_id", job.jobId()));
    answer.setHeader("X-Fleet-Job-Id", job.jobId().toString());
    answer.setHeader("X-Fleet-Node", job.node());
    downloads.send(artifact, request, answer);
    return null;
  }

  private SubmittedJob submitted(JobView job) {
    return SubmittedJob.of(job, url(job, "status"), url(job, "result"));
  }

  private URI url(JobView job, String call) {
    return url(job.type(), call, job.jobId());
  }

  private URI url(String type, String call, UUID jobId) {
    return address.of("/api/" + type + "/" + call + "/" + jobId);
  }

  private static boolean wantsFile(String response) {
    return switch (response) {
      case "json" -> false;
      case "binary" -> true;
      default ->
          throw new InvalidMessageException(
              "response", "must be json or binary, was \"" + response + "\"");
    };
  }
}
