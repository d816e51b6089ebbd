package io.comfyfleet.balancer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A load balancer that may be installed on this machine. */
public enum BalancerProgram {
  /** Takes files that stand in {@code /etc/nginx/conf.d}. */
  NGINX("nginx"),
  /** Takes files that are a whole {@code haproxy.cfg}. */
  HAPROXY("haproxy");

  private static final long CHECK_SECONDS = 30;

  private final String command;

  BalancerProgram(String command) {
    this.command = command;
  }

  /** The command, which is also the name of the folder below {@code deploy}. */
  public String command() {
    return command;
  }

  /** Where it is; empty when it is not installed. Looks where distributions put it, too. */
  public Optional<Path> find() {
    List<String> folders = new ArrayList<>();
    String path = System.getenv("PATH");
    if (path != null) {
      folders.addAll(List.of(path.split(":")));
    }
    // Not on the PATH of users who are not root.
    folders.addAll(List.of("/usr/sbin", "/usr/local/sbin", "/sbin"));
    return folders.stream()
        .map(folder -> Path.of(folder, command))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Lets the program judge a file. Blocks for some milliseconds.
   *
   * @param file one that {@link BalancerFile#write} has written
   * @return what it said; empty when the file is good
   * @throws IllegalStateException when it is not installed
   */
  public Optional<String> refusal(Path file) {
    List<String> words = new ArrayList<>(words(file));
    words.add(this == NGINX ? "-t" : "-c");
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes());
      if (!process.waitFor(CHECK_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.of("It did not end within " + CHECK_SECONDS + " s: " + said);
      }
      boolean warned = said.contains("[warn]") || said.contains("[WARNING]");
      return process.exitValue() == 0 && !warned ? Optional.empty() : Optional.of(said);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot run " + String.join(" ", words), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while " + command + " judged " + file, e);
    }
  }

  /** The command line that runs it in the foreground. */
  List<String> words(Path file) {
    String program =
        find()
            .orElseThrow(() ->
                new IllegalStateException(
                    command + " is not installed; install the package " + command))
            .toString();
    Path folder = file.toAbsolutePath().getParent();
    return switch (this) {
      case NGINX ->
          List.of(
              program,
              "-e",
              "stderr",
              "-p",
              folder.toString(),
              "-c",
              file.toAbsolutePath().toString());
      case HAPROXY -> List.of(program, "-db", "-f", file.toAbsolutePath().toString());
    };
  }
}
