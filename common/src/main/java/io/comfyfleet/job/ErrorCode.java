package io.comfyfleet.job;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a job did not succeed, and what becomes of it then. On the wire the constant's name in lower
 * case. docs/reliability.md shows the same table.
 */
public enum ErrorCode {
  /** ComfyUI refused the graph, or dropped one of its outputs, for a reason that no node cures. */
  BAD_WORKFLOW(Destiny.DEAD),
  /** A model file that the graph names is not on this node. */
  MISSING_MODEL(Destiny.ELSEWHERE),
  /** A node type that the graph names is not installed on this node. */
  MISSING_NODE_TYPE(Destiny.ELSEWHERE),
  /** An input file could not be fetched, is too large or is not there. */
  INPUT_NOT_FOUND(Destiny.RETRY),
  /** The graph failed while it was taken or ran, by its own fault as far as can be told. */
  EXECUTION_FAILED(Destiny.RETRY),
  /** The GPU or the machine ran out of memory. */
  OUT_OF_MEMORY(Destiny.RETRY),
  /** A CUDA fault: this ComfyUI process fails every later prompt until it is restarted. */
  GPU_POISONED(Destiny.CLOSE_NODE),
  /** ComfyUI did not answer. */
  COMFYUI_UNREACHABLE(Destiny.CLOSE_NODE),
  /** ComfyUI was restarted and has forgotten the prompt. */
  COMFYUI_RESTARTED(Destiny.CLOSE_NODE),
  /** ComfyUI answers, but its work does not go on and it obeys no interrupt. */
  COMFYUI_HUNG(Destiny.CLOSE_NODE),
  /** The prompt showed no sign of life for too long, and ended when it was interrupted. */
  STALLED(Destiny.RETRY),
  /** The worker ended before the job could. Never the end of a job. */
  DRAINED(Destiny.GIVE_BACK),
  /** The attempt ran longer than its time limit. */
  DEADLINE_EXCEEDED(Destiny.RETRY),
  /** Somebody else interrupted the prompt, or removed it from ComfyUI's queue. */
  INTERRUPTED(Destiny.RETRY),
  /** ComfyUI reported success but an output could not be read. */
  OUTPUT_NOT_RETRIEVABLE(Destiny.RETRY),
  /** The graph ended without a single output that could be kept. */
  NO_OUTPUT(Destiny.DEAD),
  /** The output store did not take a file. */
  STORE_UNAVAILABLE(Destiny.RETRY),
  /** Every live node was ruled out for this job. */
  NO_CAPABLE_NODE(Destiny.DEAD),
  /** A job that this one depends on did not succeed. */
  DEPENDENCY_FAILED(Destiny.WITHDRAWN),
  /** The sender cancelled it. */
  CANCELLED(Destiny.WITHDRAWN),
  /** It waited longer than it was allowed to. */
  EXPIRED(Destiny.WITHDRAWN),
  /** The message could not be read as a job. */
  UNREADABLE_MESSAGE(Destiny.DEAD),
  /** The broker gave up after too many deliveries that killed their worker. */
  DELIVERY_LIMIT(Destiny.DEAD),
  /** A fault of ComfyFleet's own, or a code that this version does not know. */
  INTERNAL_ERROR(Destiny.RETRY);

  private final Destiny destiny;

  ErrorCode(Destiny destiny) {
    this.destiny = destiny;
  }

  /** What becomes of the job, unless the error says that no attempt can cure it. */
  public Destiny destiny() {
    return destiny;
  }

  /** The name on the wire. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The code of that wire name; {@link #INTERNAL_ERROR} for one that a newer version added. */
  public static ErrorCode of(@Nullable String wireName) {
    for (ErrorCode code : values()) {
      if (code.wireName().equals(wireName)) {
        return code;
      }
    }
    return INTERNAL_ERROR;
  }
}
