package io.comfyfleet.worker.intake;

import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.Words;
import io.comfyfleet.wire.MessageCodec;

/**
 * Makes a result that is too large for the broker small enough: texts are cut, ComfyUI's details of
 * errors left out.
 */
final class Shortening {
  private static final int TEXT_LENGTH = 1_000;
  // Half of what a message may hold, since a character takes up to four bytes.
  private static final int ALL_TEXTS_LENGTH = MessageCodec.MAX_BYTES / 8;

  private Shortening() {}

  static Result of(Result result) {
    int length = Math.min(TEXT_LENGTH, ALL_TEXTS_LENGTH / Math.max(1, result.outputs().size()));
    return new Result(
        result.jobId(),
        result.runId(),
        result.index(),
        result.type(),
        result.status(),
        result.nodeId(),
        result.attempt(),
        result.outputs().stream().map(output -> shortened(output, length)).toList(),
        result.cached(),
        result.timings(),
        result.error() == null ? null : result.error().brief(),
        result.attempts().stream().map(Shortening::shortened).toList(),
        result.replay(),
        result.endedAt(),
        result.metadata());
  }

  private static Output shortened(Output output, int length) {
    String text = output.text();
    if (text == null || text.length() <= length) {
      return output;
    }
    return new Output(
        output.node(),
        output.kind(),
        output.artifact(),
        output.filename(),
        output.contentType(),
        output.sizeBytes(),
        output.sha256(),
        output.url(),
        Words.first(length, text));
  }

  private static Attempt shortened(Attempt attempt) {
    return new Attempt(
        attempt.number(),
        attempt.nodeId(),
        attempt.startedAt(),
        attempt.endedAt(),
        attempt.error().brief());
  }
}
