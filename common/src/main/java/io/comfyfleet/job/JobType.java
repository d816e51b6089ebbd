package io.comfyfleet.job;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a job makes. On the wire the constant's name in lower case. */
public enum JobType {
  /** One or more still images. */
  IMAGE,
  /** A video. */
  VIDEO;

  /** The name on the wire and of the lane that serves this type by default. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The type of that wire name.
   *
   * @throws InvalidMessageException (field {@code type}) when absent or unknown
   */
  public static JobType of(@Nullable String wireName) {
    for (JobType type : values()) {
      if (type.wireName().equals(wireName)) {
        return type;
      }
    }
    String known =
        Arrays.stream(values()).map(JobType::wireName).collect(Collectors.joining(" or "));
    throw new InvalidMessageException(
        "type",
        wireName == null
            ? "is missing: give " + known
            : "must be " + known + ", was \"" + wireName + "\"");
  }
}
