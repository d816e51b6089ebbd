package io.comfyfleet.producer.problem;

import java.net.URI;
import java.util.Map;
import java.util.UUID;

/**
 * Work was accepted, but the database went away before its state could be read. Answered with 202:
 * a caller that is told of an error sends it again, and without a key that is other work.
 */
public final class AcceptedException extends RuntimeException {
  private final URI location;
  private final transient Map<String, Object> body;

  private AcceptedException(URI location, Map<String, Object> body, Throwable cause) {
    super("Accepted, but its state cannot be read now", cause);
    this.location = location;
    this.body = body;
  }

  /**
   * A job was.
   *
   * @param location where to ask for it
   * @param cause why no more is known
   */
  public static AcceptedException job(UUID jobId, URI location, Throwable cause) {
    return new AcceptedException(location, Map.of("job_id", jobId, "status", "accepted"), cause);
  }

  /**
   * A run was.
   *
   * @param location where to ask for it
   * @param cause why no more is known
   */
  public static AcceptedException run(String runId, URI location, Throwable cause) {
    return new AcceptedException(location, Map.of("run_id", runId, "status", "open"), cause);
  }

  URI location() {
    return location;
  }

  Map<String, Object> body() {
    return body;
  }
}
