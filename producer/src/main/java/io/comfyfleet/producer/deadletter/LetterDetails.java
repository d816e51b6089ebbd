package io.comfyfleet.producer.deadletter;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All there is about a letter.
 *
 * @param summary as in the list; in JSON its fields stand beside the others
 * @param payload the body as JSON; {@code {"text": …}} when it is none, {@code {"base64": …}} when
 *     it is no text
 * @param history what became of the earlier attempts, as the body has it
 * @param error {@code code}, {@code message}, and {@code node_errors} and {@code exception} when
 *     the job's result has them
 * @param headers of the message, x-death aside
 * @param xDeath what the broker noted, the latest first
 * @param reproduce a command for a shell that submits the same job as a new one; null when the body
 *     is none
 */
public record LetterDetails(
    @JsonUnwrapped LetterSummary summary,
    Object payload,
    List<?> history,
    Map<String, @Nullable Object> error,
    Map<String, @Nullable Object> headers,
    @Nullable Object xDeath,
    @Nullable String reproduce) {}
