package io.comfyfleet.broker;

import io.comfyfleet.process.ChildProcess;
import io.comfyfleet.process.Command;
import io.comfyfleet.process.ProcessFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A private node of an installed RabbitMQ: own folder, own ports, own Erlang port mapper, so that
 * it neither disturbs nor needs the machine's service. Ends with this JVM.
 */
final class LocalNode implements Node {

  private static final Duration START_LIMIT = Duration.ofSeconds(120);
  private static final Duration STOP_GRACE = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final String STARTED = "Server startup complete";

  private final ServerInstallation installation;
  private final NodeFolder folder;
  private final boolean keepsData;
  private final List<ChildProcess> processes = new ArrayList<>();

  private LocalNode(ServerInstallation installation, NodeFolder folder, boolean keepsData) {
    this.installation = installation;
    this.folder = folder;
    this.keepsData = keepsData;
  }

  /** Starts a node whose folder, a new one inside {@code parent}, is deleted when it is closed. */
  static LocalNode startTemporary(ServerInstallation installation, Path parent) {
    String name = "fleet-" + UUID.randomUUID().toString().substring(0, 8);
    return new LocalNode(
            installation, NodeFolder.prepare(parent.resolve(name), name + "@localhost"), false)
        .launch();
  }

  /** Starts a node that finds its data in {@code folder} again the next time. */
  static LocalNode startLasting(ServerInstallation installation, Path folder) {
    return new LocalNode(installation, NodeFolder.prepare(folder, "fleet@localhost"), true)
        .launch();
  }

  @Override
  public String kind() {
    return "private node in " + folder.folder();
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public int amqpPort() {
    return folder.amqpPort();
  }

  @Override
  public int managementPort() {
    return folder.managementPort();
  }

  @Override
  public String control(String... words) {
    var command = new ArrayList<>(List.of(installation.control()));
    command.addAll(List.of(words));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(folder.environment());
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new BrokerUnavailable(
            String.join(" ", command) + " ended with status " + status + ": " + output);
      }
      return output;
    } catch (IOException e) {
      throw new BrokerUnavailable("Cannot run " + String.join(" ", command) + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerUnavailable("Interrupted while running " + String.join(" ", command), e);
    }
  }

  @Override
  public void close() {
    // Nobody reads a temporary node's data again, so it need not be written out in good order.
    Duration grace = keepsData ? STOP_GRACE : Duration.ZERO;
    processes.reversed().forEach(process -> process.stop(grace));
    if (!keepsData) {
      delete(folder.folder());
    }
  }

  private LocalNode launch() {
    try {
      // Started here and not by the node itself, which would leave it running for ever.
      String mapperPort = Integer.toString(folder.mapperPort());
      start("Erlang port mapper", "epmd", "-port", mapperPort, "-address", "127.0.0.1");
      ChildProcess server = start("RabbitMQ", installation.server());
      awaitStarted(server);
      return this;
    } catch (ProcessFailed e) {
      close();
      throw new BrokerUnavailable("RabbitMQ's private node did not start. " + e.getMessage(), e);
    }
  }

  private ChildProcess start(String name, String... words) {
    Path log = folder.file("log").resolve(name.replace(' ', '-').toLowerCase() + ".log");
    ChildProcess process =
        ChildProcess.start(new Command(name, List.of(words), folder.environment(), log));
    processes.add(process);
    return process;
  }

  private static void awaitStarted(ChildProcess server) {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (server.tail(30).stream().noneMatch(line -> line.contains(STARTED))) {
      server.requireAlive();
      if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
        throw new ProcessFailed(
            "It did not report \"%s\" within %d s. Log: %s"
                .formatted(STARTED, START_LIMIT.toSeconds(), server.command().log()));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.getLogger(LocalNode.class.getName())
          .log(System.Logger.Level.DEBUG, "Left behind: " + folder, e);
    }
  }
}
