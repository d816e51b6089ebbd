package io.comfyfleet.worker.comfy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call to ComfyUI did not do what was asked. */
public abstract sealed class ComfyException extends RuntimeException {
  private ComfyException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** No answer came: no connection, or it broke, or it took too long. A repeat can help. */
  public static final class Unreachable extends ComfyException {
    /**
     * @param message what was being done and what happened
     * @param cause the client's exception; null when a gateway told it
     */
    public Unreachable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** ComfyUI refused (4xx). The same call to the same ComfyUI is refused again. */
  public static final class Refused extends ComfyException {
    private final int status;
    private final String type;
    private final Map<String, @Nullable Object> nodeErrors;

    /**
     * @param message what was being done and what ComfyUI said
     * @param status HTTP status
     * @param type {@code error.type} of ComfyUI's answer; empty when it sent none
     * @param nodeErrors {@code node_errors} of ComfyUI's answer by node id; empty when it sent none
     */
    public Refused(
        String message, int status, String type, Map<String, @Nullable Object> nodeErrors) {
      super(message, null);
      this.status = status;
      this.type = type;
      this.nodeErrors = nodeErrors;
    }

    /** HTTP status. */
    public int status() {
      return status;
    }

    /**
     * Whether it is ComfyUI's word on what was sent. It says 400, or 413; another status comes from
     * what stands in front of it.
     */
    public boolean isAboutTheRequest() {
      return status == 400 || status == 413;
    }

    /** {@code error.type} of ComfyUI's answer, such as {@code missing_node_type}; may be empty. */
    public String type() {
      return type;
    }

    /** ComfyUI's {@code node_errors} by node id; may be empty. */
    public Map<String, @Nullable Object> nodeErrors() {
      return nodeErrors;
    }
  }

  /**
   * ComfyUI answered 5xx. On a submission that is also its answer to malformed requests, so a
   * repeat seldom helps (seen on 0.3.64 and 0.33.0).
   */
  public static final class Crashed extends ComfyException {
    /**
     * @param message what was being done and what happened
     */
    public Crashed(String message) {
      super(message, null);
    }
  }

  /** A newer ComfyUI than this program knows says something that it has no word for. */
  public static final class NotUnderstood extends ComfyException {
    /**
     * @param message what was being done and what ComfyUI said
     */
    public NotUnderstood(String message) {
      super(message, null);
    }
  }

  /** The answer is larger than this process can hold. A repeat gets the same. */
  public static final class TooLarge extends ComfyException {
    /**
     * @param message what was being done and what the limit is
     */
    public TooLarge(String message) {
      super(message, null);
    }
  }

  /** The answer is not in ComfyUI's language: something else listens there. */
  public static final class BadAnswer extends ComfyException {
    /**
     * @param message what was being done and what came
     * @param cause the parser's exception; null when the shape was wrong
     */
    public BadAnswer(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
