package io.comfyfleet.job;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why a job did not succeed. On the wire the constant's name in lower case. */
public enum ErrorCode {
  /** ComfyUI refused the graph, or dropped one of its outputs, for a reason that no node cures. */
  BAD_WORKFLOW,
  /** A model file that the graph names is not on this node. */
  MISSING_MODEL,
  /** A node type that the graph names is not installed on this node. */
  MISSING_NODE_TYPE,
  /** An input file could not be fetched, is too large or is not there. */
  INPUT_NOT_FOUND,
  /** The graph failed while running, by its own fault as far as can be told. */
  EXECUTION_FAILED,
  /** The GPU or the machine ran out of memory. */
  OUT_OF_MEMORY,
  /** A CUDA fault: this ComfyUI process fails every later prompt until it is restarted. */
  GPU_POISONED,
  /** ComfyUI did not answer. */
  COMFYUI_UNREACHABLE,
  /** ComfyUI was restarted and has forgotten the prompt. */
  COMFYUI_RESTARTED,
  /** The attempt ran longer than its time limit. */
  DEADLINE_EXCEEDED,
  /** Somebody else interrupted the prompt, or removed it from ComfyUI's queue. */
  INTERRUPTED,
  /** ComfyUI reported success but an output could not be read. */
  OUTPUT_NOT_RETRIEVABLE,
  /** The graph ended without a single output that could be kept. */
  NO_OUTPUT,
  /** The output store did not take a file. */
  STORE_UNAVAILABLE,
  /** Every live node was ruled out for this job. */
  NO_CAPABLE_NODE,
  /** A job that this one depends on did not succeed. */
  DEPENDENCY_FAILED,
  /** The sender cancelled it. */
  CANCELLED,
  /** It waited longer than it was allowed to. */
  EXPIRED,
  /** The message could not be read as a job. */
  UNREADABLE_MESSAGE,
  /** The broker gave up after too many deliveries that killed their worker. */
  DELIVERY_LIMIT,
  /** A fault of ComfyFleet's own, or a code that this version does not know. */
  INTERNAL_ERROR;

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
