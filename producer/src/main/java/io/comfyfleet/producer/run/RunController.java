package io.comfyfleet.producer.run;

import io.comfyfleet.producer.problem.ProblemException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Where jobs and runs stand, over HTTP. */
@RestController
class RunController {
  private final RunReader reader;
  private final RunEvents events;

  RunController(RunReader reader, RunEvents events) {
    this.reader = reader;
    this.events = events;
  }

  @GetMapping("/api/jobs/{id}")
  JobView job(@PathVariable String id, @RequestParam(defaultValue = "0") int wait) {
    UUID jobId;
    try {
      jobId = UUID.fromString(id);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          HttpStatus.NOT_FOUND, "job-not-found", "There is no job " + id + ": ids are UUIDs");
    }
    return reader.job(jobId, wait);
  }

  @GetMapping("/api/runs/{id}")
  RunView run(@PathVariable String id, @RequestParam(defaultValue = "0") int wait) {
    return reader.run(id, wait);
  }

  @GetMapping("/api/runs/{id}/events")
  void events(@PathVariable String id, HttpServletResponse response) throws IOException {
    events.stream(id, response);
  }
}
