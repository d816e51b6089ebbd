package io.comfyfleet.producer.run;

import io.comfyfleet.job.Result;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run as a stream of server-sent events: {@code progress} as nodes tell it, each {@code result}
 * once, at last {@code run}; then the stream ends. Blocks its (virtual) thread.
 */
@Component
class RunEvents {
  private static final Duration LOOK_ANYWAY = Duration.ofSeconds(2);
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  private final RunReader reader;
  private final JobTable jobs;
  private final RunFeed feed;
  private final JsonMapper mapper;

  RunEvents(RunReader reader, JobTable jobs, RunFeed feed, JsonMapper mapper) {
    this.reader = reader;
    this.jobs = jobs;
    this.feed = feed;
    this.mapper = mapper;
  }

  void stream(String runId, HttpServletResponse response) throws IOException {
    try (RunFeed.Subscription subscription = feed.subscribe(runId)) {
      boolean ended = reader.ended(runId);
      response.setContentType("text/event-stream");
      response.setCharacterEncoding("UTF-8");
      response.setHeader("Cache-Control", "no-cache");
      response.setHeader("X-Accel-Buffering", "no");
      OutputStream out = response.getOutputStream();
      Set<UUID> told = new HashSet<>();
      long spoken = System.nanoTime();
      long looked = spoken;
      results(runId, told, out);
      out.write(": connected\n\n".getBytes(StandardCharsets.UTF_8));
      out.flush();
      while (!ended && !feed.closing()) {
        RunFeed.@Nullable Signal signal = subscription.next(LOOK_ANYWAY);
        boolean due = System.nanoTime() - looked > LOOK_ANYWAY.toNanos();
        if (signal instanceof RunFeed.Signal.Progress(var progress)) {
          event(out, "progress", progress);
          spoken = System.nanoTime();
        }
        if (due || !(signal instanceof RunFeed.Signal.Progress)) {
          looked = System.nanoTime();
          ended = reader.ended(runId);
          spoken = results(runId, told, out) ? System.nanoTime() : spoken;
        }
        if (System.nanoTime() - spoken > HEARTBEAT.toNanos()) {
          out.write(": still here\n\n".getBytes(StandardCharsets.UTF_8));
          spoken = System.nanoTime();
        }
        out.flush();
      }
      if (ended) {
        event(out, "run", reader.run(runId, 0));
      }
      out.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tells the results that were not told yet; whether there were any. */
  private boolean results(String runId, Set<UUID> told, OutputStream out) throws IOException {
    boolean any = false;
    for (JobRow row : jobs.ofRun(runId)) {
      if (!row.pending() && told.add(row.jobId())) {
        Result result = jobs.result(row.jobId()).orElseThrow();
        event(out, "result", result);
        any = true;
      }
    }
    return any;
  }

  private void event(OutputStream out, String name, Object data) throws IOException {
    String text = "event: " + name + "\ndata: " + mapper.writeValueAsString(data) + "\n\n";
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
