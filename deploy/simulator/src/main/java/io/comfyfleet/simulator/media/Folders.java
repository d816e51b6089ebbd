package io.comfyfleet.simulator.media;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The output, input and temp folders of one node. */
public final class Folders {
  private static final Pattern ANNOTATED = Pattern.compile("(.*) \\[(output|input|temp)]");

  private final Path base;

  /** Creates the three folders below a base folder. */
  public Folders(Path base) throws IOException {
    this.base = base.toAbsolutePath().normalize();
    for (String type : List.of("output", "input", "temp")) {
      Files.createDirectories(this.base.resolve(type));
    }
  }

  /** Returns the base folder. */
  public Path base() {
    return base;
  }

  /**
   * Returns the folder of a type.
   *
   * @return null when there is no such type
   */
  public @Nullable Path of(String type) {
    return switch (type) {
      case "output", "input", "temp" -> base.resolve(type);
      default -> null;
    };
  }

  /**
   * Resolves a path below the folder of a type.
   *
   * @return empty when it leads out of that folder
   */
  public Optional<Path> inside(String type, String subfolder, String name) {
    Path root = base.resolve(type);
    Path file = root.resolve(subfolder).resolve(name).normalize();
    return file.startsWith(root) ? Optional.of(file) : Optional.empty();
  }

  /** Finds the file a {@code LoadImage} value such as {@code sub/a.png [output]} names. */
  public Optional<Path> find(String value) {
    Matcher annotated = ANNOTATED.matcher(value);
    String type = annotated.matches() ? annotated.group(2) : "input";
    String name = annotated.matches() ? annotated.group(1) : value;
    return inside(type, "", name).filter(Files::isRegularFile);
  }

  /** Lists the names of the files directly in the input folder. */
  public List<String> inputs() {
    try (Stream<Path> files = Files.list(base.resolve("input"))) {
      return files
          .filter(Files::isRegularFile)
          .map(f -> f.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /**
   * Finds the next free numbered name, as ComfyUI does by listing the folder.
   *
   * @param type {@code output} or {@code temp}
   * @param prefix the {@code filename_prefix}, with folders before its last slash
   * @param ending what follows the five digits, such as {@code _.png}
   * @throws IOException when the prefix leads out of the folder
   */
  public Slot next(String type, String prefix, String ending) throws IOException {
    int slash = prefix.lastIndexOf('/');
    String subfolder = slash < 0 ? "" : prefix.substring(0, slash);
    String stem = prefix.substring(slash + 1);
    Path folder =
        inside(type, subfolder, "")
            .orElseThrow(() ->
                new IOException(
                    "Saving image outside the output folder is not allowed.\n"
                        + " full_output_folder: "
                        + subfolder));
    Files.createDirectories(folder);
    Pattern taken = Pattern.compile(Pattern.quote(stem) + "_(\\d+).*", Pattern.CASE_INSENSITIVE);
    int highest = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Matcher matcher = taken.matcher(file.getFileName().toString());
        if (matcher.matches() && matcher.group(1).length() < 9) {
          highest = Math.max(highest, Integer.parseInt(matcher.group(1)));
        }
      }
    }
    return new Slot(folder, subfolder, stem, ending, highest + 1);
  }

  /**
   * A free numbered name.
   *
   * @param folder where the file goes
   * @param subfolder the same, relative to the type's folder
   * @param stem the name before the number
   * @param ending the name after the number
   * @param number the first free number
   */
  public record Slot(Path folder, String subfolder, String stem, String ending, int number) {

    /** Returns the name {@code offset} places after the first free one. */
    public String name(int offset) {
      return "%s_%05d%s".formatted(stem, number + offset, ending);
    }
  }
}
