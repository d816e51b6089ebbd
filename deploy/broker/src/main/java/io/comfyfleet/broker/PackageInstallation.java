package io.comfyfleet.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Installs RabbitMQ from the system's packages where this user may, saying so first. */
final class PackageInstallation {

  static final String REMEDY =
      "No RabbitMQ found: set AMQP_URI, or start a Docker engine, or install it"
          + " (apt-get install rabbitmq-server, or brew install rabbitmq)";

  private final Consumer<String> announce;

  PackageInstallation(Consumer<String> announce) {
    this.announce = announce;
  }

  /**
   * Blocks until the package is installed.
   *
   * @throws BrokerUnavailable when this user may not install, or the package manager fails
   */
  void run() {
    List<String> command = command().orElseThrow(() -> new BrokerUnavailable(REMEDY));
    announce.accept("Installing RabbitMQ: " + String.join(" ", command));
    int status = execute(command);
    if (status != 0) {
      throw new BrokerUnavailable(
          String.join(" ", command) + " ended with status " + status + ". " + REMEDY);
    }
  }

  private static Optional<List<String>> command() {
    if (onPath("apt-get")) {
      // RUNLEVEL=1 keeps Debian from starting the service, which would take port 5672.
      List<String> install =
          List.of(
              "env",
              "RUNLEVEL=1",
              "DEBIAN_FRONTEND=noninteractive",
              "apt-get",
              "install",
              "-y",
              "-qq",
              "--no-install-recommends",
              "rabbitmq-server");
      return asRoot(install);
    }
    if (onPath("brew")) {
      return Optional.of(List.of("brew", "install", "--quiet", "rabbitmq"));
    }
    return Optional.empty();
  }

  private static Optional<List<String>> asRoot(List<String> install) {
    if ("root".equals(System.getProperty("user.name"))) {
      return Optional.of(install);
    }
    if (onPath("sudo") && execute(List.of("sudo", "-n", "true")) == 0) {
      var words = new ArrayList<>(List.of("sudo", "-n"));
      words.addAll(install);
      return Optional.of(words);
    }
    return Optional.empty();
  }

  private static int execute(List<String> command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new BrokerUnavailable("Cannot run " + String.join(" ", command) + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerUnavailable("Interrupted while running " + String.join(" ", command), e);
    }
  }

  private static boolean onPath(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(":")).anyMatch(f -> Files.isExecutable(Path.of(f, program)));
  }
}
