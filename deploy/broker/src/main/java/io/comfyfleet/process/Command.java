package io.comfyfleet.process;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One program to start.
 *
 * @param name what people call it, used in error texts, for example {@code worker node-1}
 * @param words program and arguments, at least the program
 * @param environment variables added to those of this process; the values may be secrets and are
 *     not part of {@link #toString()}
 * @param log file that receives standard output and error, replaced when it exists
 */
public record Command(String name, List<String> words, Map<String, String> environment, Path log) {

  public Command {
    if (name.isBlank()) {
      throw new IllegalArgumentException("A command needs a name");
    }
    if (words.isEmpty()) {
      throw new IllegalArgumentException("Command " + name + " names no program");
    }
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /** The command line as a person would type it, without the environment. */
  public String line() {
    return String.join(" ", words);
  }

  @Override
  public String toString() {
    return name + ": " + line();
  }
}
