package io.comfyfleet.launch;

import java.net.URI;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The lines by which the simulator says where its nodes listen. */
public final class SimulatorOutput {

  private static final Pattern READY = Pattern.compile("simulator \\S+ ready on (http://\\S+)");

  private static final Pattern WRAPPER = Pattern.compile("wrapper \\S+ ready on (http://\\S+)");

  private SimulatorOutput() {}

  /** Addresses in the order of the lines. */
  public static List<URI> addresses(List<String> lines) {
    return found(READY, lines);
  }

  /** Addresses of the plain wrappers in front of them, in the order of the lines. */
  public static List<URI> wrappers(List<String> lines) {
    return found(WRAPPER, lines);
  }

  private static List<URI> found(Pattern pattern, List<String> lines) {
    return lines.stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .map(matcher -> URI.create(matcher.group(1)))
        .toList();
  }
}
