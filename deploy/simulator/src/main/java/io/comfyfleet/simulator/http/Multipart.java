package io.comfyfleet.simulator.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a {@code multipart/form-data} body; file names stay exactly as they were sent. */
final class Multipart {
  private static final Pattern BOUNDARY =
      Pattern.compile("multipart/form-data.*boundary=\"?([^\";]+)\"?.*");
  private static final Pattern NAME = Pattern.compile(";\\s*name=\"([^\"]*)\"");
  private static final Pattern FILE = Pattern.compile(";\\s*filename=\"([^\"]*)\"");
  private static final Pattern EXTENDED = Pattern.compile("filename\\*=UTF-8''([^;\\s]+)");

  private Multipart() {}

  /**
   * One part.
   *
   * @param fileName the file name; null when none was given
   * @param bytes the content
   */
  record Part(@Nullable String fileName, byte[] bytes) {
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** Returns the parts by field name; empty when the body is not multipart. */
  static Optional<Map<String, Part>> parse(@Nullable String contentType, byte[] body) {
    Matcher matcher = BOUNDARY.matcher(contentType == null ? "" : contentType);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    byte[] mark = ("--" + matcher.group(1)).getBytes(StandardCharsets.ISO_8859_1);
    byte[] gap = "\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    Map<String, Part> parts = new HashMap<>();
    int start = indexOf(body, mark, 0);
    while (start >= 0) {
      int headers = start + mark.length;
      int end = indexOf(body, mark, headers);
      int content = indexOf(body, gap, headers);
      if (end < 0 || content < 0 || content > end) {
        break;
      }
      String head = new String(body, headers, content - headers, StandardCharsets.UTF_8);
      int from = content + gap.length;
      byte[] bytes = java.util.Arrays.copyOfRange(body, from, Math.max(from, end - 2));
      Matcher name = NAME.matcher(head);
      if (name.find()) {
        parts.put(name.group(1), new Part(fileName(head), bytes));
      }
      start = end;
    }
    return Optional.of(parts);
  }

  private static @Nullable String fileName(String head) {
    Matcher extended = EXTENDED.matcher(head);
    if (extended.find()) {
      return URLDecoder.decode(extended.group(1).replace("+", "%2B"), StandardCharsets.UTF_8);
    }
    Matcher plain = FILE.matcher(head);
    return plain.find() ? plain.group(1) : null;
  }

  private static int indexOf(byte[] body, byte[] mark, int from) {
    for (int i = from; i <= body.length - mark.length; i++) {
      if (body[i] == mark[0]
          && java.util.Arrays.equals(body, i, i + mark.length, mark, 0, mark.length)) {
        return i;
      }
    }
    return -1;
  }
}
