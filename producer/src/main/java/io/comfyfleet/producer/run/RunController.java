package io.comfyfleet.producer.run;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Where jobs and runs stand, over HTTP, and their end when the sender wants it. */
@RestController
class RunController {
  private final RunReader reader;
  private final RunEvents events;
  private final Cancelling cancelling;

  RunController(RunReader reader, RunEvents events, Cancelling cancelling) {
    this.reader = reader;
    this.events = events;
    this.cancelling = cancelling;
  }

  @GetMapping("/api/jobs/{id}")
  JobView job(@PathVariable String id, @RequestParam(defaultValue = "0") int wait) {
    return reader.job(RunReader.jobId(id), wait);
  }

  @PostMapping("/api/jobs/{id}/cancel")
  JobView cancelJob(@PathVariable String id) {
    return cancelling.job(RunReader.jobId(id));
  }

  @GetMapping("/api/runs/{id}")
  RunView run(@PathVariable String id, @RequestParam(defaultValue = "0") int wait) {
    return reader.run(id, wait);
  }

  @PostMapping("/api/runs/{id}/cancel")
  RunView cancelRun(@PathVariable String id) {
    return cancelling.run(id);
  }

  @GetMapping("/api/runs/{id}/events")
  void events(@PathVariable String id, HttpServletResponse response) throws IOException {
    events.stream(id, response);
  }
}
