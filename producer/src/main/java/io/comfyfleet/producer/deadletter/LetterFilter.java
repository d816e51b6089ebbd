package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.InvalidMessageException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which letters are meant: those for which all that is given holds. Null leaves a part open.
 *
 * @param reason the reason, exactly
 * @param node the last node
 * @param lane the lane
 * @param run the run's id
 * @param job the job's id
 * @param diedBefore older letters only; a letter whose age is not known is neither older nor newer
 * @param diedAfter newer letters only
 */
public record LetterFilter(
    @Nullable String reason,
    @Nullable String node,
    @Nullable String lane,
    @Nullable String run,
    @Nullable UUID job,
    @Nullable Instant diedBefore,
    @Nullable Instant diedAfter) {

  /** Every letter. */
  public static final LetterFilter ALL = new LetterFilter(null, null, null, null, null, null, null);

  private static final Pattern AGE = Pattern.compile("(\\d{1,6})([smhd])");

  /** Whether it means every letter. */
  public boolean isAll() {
    return equals(ALL);
  }

  /** Whether it means this letter. */
  public boolean matches(LetterSummary letter) {
    return (reason == null || reason.equals(letter.reason()))
        && (node == null || node.equals(letter.node()))
        && (lane == null || lane.equals(letter.lane()))
        && (run == null || run.equals(letter.runId()))
        && (job == null || Objects.equals(job, letter.jobId()))
        && (diedBefore == null || letter.diedAt() != null && letter.diedAt().isBefore(diedBefore))
        && (diedAfter == null || letter.diedAt() != null && letter.diedAt().isAfter(diedAfter));
  }

  /**
   * Reads an age: seconds, minutes, hours or days such as {@code 90s}, {@code 30m}, {@code 2h},
   * {@code 1d}, an ISO-8601 duration such as {@code PT2H}, or an ISO-8601 instant.
   *
   * @return when that was; null for null or blank
   * @throws InvalidMessageException naming the field otherwise
   */
  public static @Nullable Instant instant(String field, @Nullable String age, Instant now) {
    if (age == null || age.isBlank()) {
      return null;
    }
    Matcher simple = AGE.matcher(age);
    if (simple.matches()) {
      String unit = simple.group(2).toUpperCase(java.util.Locale.ROOT);
      return now.minus(Duration.parse((unit.equals("D") ? "P" : "PT") + simple.group(1) + unit));
    }
    try {
      return age.startsWith("P") ? now.minus(Duration.parse(age)) : Instant.parse(age);
    } catch (DateTimeException | ArithmeticException e) {
      throw new InvalidMessageException(
          field, "must be an age such as 30m, 2h or 1d, or an ISO-8601 time, was \"" + age + "\"");
    }
  }
}
