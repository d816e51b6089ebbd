package io.comfyfleet.producer.dashboard;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Figures as people read them, in one language. Absent ones are a dash. Immutable.
 *
 * @param now what ages are measured against
 * @param locale the reader's language
 */
record Format(Instant now, Locale locale) {
  private static final String ABSENT = "–";
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

  /** A point in time in UTC. */
  public String time(@Nullable Instant instant) {
    return instant == null ? ABSENT : CLOCK.format(instant);
  }

  /** How long ago that was. */
  public String age(@Nullable Instant instant) {
    return instant == null
        ? ABSENT
        : seconds(Math.max(0, Duration.between(instant, now).toSeconds()));
  }

  /** From one to the other; to now while there is no other. */
  public String between(@Nullable Instant from, @Nullable Instant to) {
    return from == null ? ABSENT : millis(Duration.between(from, to == null ? now : to).toMillis());
  }

  /** Whole seconds, the two largest units. */
  public String seconds(@Nullable Long seconds) {
    if (seconds == null) {
      return ABSENT;
    }
    boolean chinese = chinese();
    long days = seconds / 86_400;
    long hours = seconds / 3_600 % 24;
    long minutes = seconds / 60 % 60;
    if (days > 0) {
      return two(days, chinese ? " 天" : " d", hours, chinese ? " 小时" : " h");
    }
    if (hours > 0) {
      return two(hours, chinese ? " 小时" : " h", minutes, chinese ? " 分" : " min");
    }
    if (minutes > 0) {
      return two(minutes, chinese ? " 分" : " min", seconds % 60, chinese ? " 秒" : " s");
    }
    return seconds + (chinese ? " 秒" : " s");
  }

  /** Milliseconds; below a minute with one decimal. */
  public String millis(@Nullable Long millis) {
    if (millis == null) {
      return ABSENT;
    }
    if (millis < 1_000) {
      return millis + (chinese() ? " 毫秒" : " ms");
    }
    return millis < 60_000
        ? decimal(millis / 1000.0) + (chinese() ? " 秒" : " s")
        : seconds(millis / 1000);
  }

  /** One decimal. */
  public String decimal(@Nullable Double number) {
    return number == null ? ABSENT : String.format(Locale.ROOT, "%.1f", number);
  }

  /** A share of 1 in percent; never rounded up to 100. */
  public String share(@Nullable Double share) {
    if (share == null) {
      return ABSENT;
    }
    return share > 0.999 && share < 1
        ? "99.9 %"
        : String.format(Locale.ROOT, share == 1 ? "%.0f %%" : "%.1f %%", share * 100);
  }

  /** A share of 1 in whole percent. */
  public int percent(@Nullable Double share) {
    return share == null ? 0 : (int) Math.round(share * 100);
  }

  /** A whole number with its thousands apart. */
  public String count(@Nullable Number number) {
    return number == null ? ABSENT : String.format(Locale.ENGLISH, "%,d", number.longValue());
  }

  /** A length in bytes. */
  public String size(@Nullable Long bytes) {
    if (bytes == null) {
      return ABSENT;
    }
    if (bytes < 1_000) {
      return bytes + " B";
    }
    return bytes < 1_000_000 ? decimal(bytes / 1e3) + " kB" : decimal(bytes / 1e6) + " MB";
  }

  private static String two(long large, String unit, long small, String smaller) {
    return large + unit + (small == 0 ? "" : " " + small + smaller);
  }

  private boolean chinese() {
    return locale.getLanguage().equals(Locale.CHINESE.getLanguage());
  }
}
