package io.comfyfleet.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A running program that ends when this JVM ends, however it ends.
 *
 * <ol>
 *   <li>The program runs under a small shell that holds the read end of a pipe. The pipe closes
 *       when this JVM dies, even by SIGKILL, and the shell then sends the program SIGTERM.
 *   <li>The program ignores SIGINT, so Ctrl-C reaches only this JVM, which stops its children in
 *       its own order.
 *   <li>A suspended program goes on when it is asked to end, or the request would wait for ever.
 *   <li>Only processes started here are ever signalled.
 * </ol>
 *
 * <p>Safe for use by several threads.
 */
public final class ChildProcess implements AutoCloseable {

  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(10);

  /**
   * A request interrupts {@code wait}, which then tells the signal's status and not the program's;
   * a wait after the last one tells 127. So it waits once more after each request, and keeps the
   * last status that is not 127.
   */
  private static final String GUARD =
      """
      log=$1
      shift
      trap '' INT
      exec 3<&0
      "$@" 3<&- </dev/null >>"$log" 2>&1 &
      child=$!
      end='kill -TERM "$child" 2>/dev/null; kill -CONT "$child" 2>/dev/null'
      trap "asked=yes; $end" TERM HUP
      (exec >&-; read -r _ <&3; eval "$end") &
      watch=$!
      exec 3<&-
      echo ready
      exec >&-
      status=127
      asked=yes
      while [ -n "$asked" ]; do
        asked=
        wait "$child"
        ended=$?
        [ "$ended" -eq 127 ] || status=$ended
      done
      kill "$watch" 2>/dev/null
      exit "$status"
      """;

  private final Command command;
  private final Process process;

  private ChildProcess(Command command, Process process) {
    this.command = command;
    this.process = process;
  }

  /**
   * Starts the program and returns as soon as it can be asked to end, some milliseconds later.
   *
   * @throws ProcessFailed when the log cannot be written or the shell cannot be started
   */
  public static ChildProcess start(Command command) {
    String log = command.log().toAbsolutePath().toString();
    var words = new ArrayList<>(List.of("/bin/sh", "-c", GUARD, "child", log));
    words.addAll(command.words());
    var builder = new ProcessBuilder(words);
    builder.environment().putAll(command.environment());
    try {
      Files.createDirectories(command.log().toAbsolutePath().getParent());
      Files.write(command.log(), new byte[0]);
      builder.redirectError(ProcessBuilder.Redirect.appendTo(command.log().toFile()));
      Process guard = builder.start();
      guard.getInputStream().readAllBytes();
      return new ChildProcess(command, guard);
    } catch (IOException e) {
      throw new ProcessFailed("Cannot start " + command + ": " + e.getMessage(), e);
    }
  }

  /** What was started. */
  public Command command() {
    return command;
  }

  /** Whether the program still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Completes when the program has ended, with its exit status. */
  public CompletableFuture<Integer> ended() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /** The last {@code lines} lines of the log, empty when there is none yet. */
  public List<String> tail(int lines) {
    Path log = command.log();
    if (!Files.exists(log)) {
      return List.of();
    }
    try {
      List<String> all =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (IOException e) {
      return List.of("(cannot read " + log + ": " + e.getMessage() + ")");
    }
  }

  /**
   * @throws ProcessFailed with the command, the exit status and the log's last lines when the
   *     program has ended
   */
  public void requireAlive() {
    if (process.isAlive()) {
      return;
    }
    throw new ProcessFailed(
        "%s ended with status %d.%nCommand: %s%nLog: %s%n%s"
            .formatted(
                command.name(),
                process.exitValue(),
                command.line(),
                command.log(),
                String.join(System.lineSeparator(), tail(20)).indent(2)));
  }

  /**
   * Sends SIGTERM and waits; what is left after {@code grace} is killed. Blocks for at most about
   * {@code grace}. Does nothing when the program has ended.
   */
  public void stop(Duration grace) {
    List<ProcessHandle> family = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        kill(family);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      kill(family);
    }
    family.forEach(ProcessHandle::destroyForcibly);
  }

  /** Asks the program to end (SIGTERM) without waiting for it. */
  public void requestStop() {
    process.destroy();
  }

  /**
   * Ends the program with SIGKILL, as a crash would. Returns at once. Does nothing when the program
   * has ended.
   */
  public void kill() {
    kill(process.descendants().toList());
  }

  /**
   * Halts the program where it is (SIGSTOP), as a swapped out or frozen machine would; its
   * connections stay open and silent. Does nothing when the program has ended.
   */
  public void suspend() {
    signal("STOP");
  }

  /** Lets a suspended program go on (SIGCONT). Does nothing to one that runs or has ended. */
  public void resume() {
    signal("CONT");
  }

  /** Stops with a grace of ten seconds. */
  @Override
  public void close() {
    stop(DEFAULT_GRACE);
  }

  /** To the program alone: the shell around it must be able to end it. */
  private void signal(String name) {
    Optional<ProcessHandle> program =
        process
            .children()
            .min(
                Comparator.comparing(
                        (ProcessHandle child) -> child.info().startInstant().orElse(Instant.EPOCH))
                    .thenComparing(ProcessHandle::pid));
    if (program.isEmpty()) {
      return;
    }
    String pid = Long.toString(program.get().pid());
    try {
      new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid).start().waitFor();
    } catch (IOException e) {
      throw new ProcessFailed("Cannot send SIG" + name + " to " + command.name() + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void kill(List<ProcessHandle> family) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    family.forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
