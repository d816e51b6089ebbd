package io.comfyfleet.operator;

/** How an operator's command ends; the numbers are documented in docs/cli.md. */
public enum Exit {
  /** Done. */
  OK(0),
  /** What was asked for did not succeed: a failed job, a run that is not completed, a fault. */
  FAILED(1),
  /** The command line is wrong, or the producer refused what it says. */
  REFUSED(2),
  /** No producer answers, or it cannot work just now. */
  UNREACHABLE(3),
  /** There is no such job, run, node, template or dead letter. */
  NOT_FOUND(4),
  /** The wait took longer than allowed; the work goes on. */
  TIMEOUT(5);

  private final int code;

  Exit(int code) {
    this.code = code;
  }

  /** The status of the process. */
  public int code() {
    return code;
  }
}
