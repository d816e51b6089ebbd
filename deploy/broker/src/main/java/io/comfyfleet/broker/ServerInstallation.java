package io.comfyfleet.broker;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * RabbitMQ's own start scripts on this machine.
 *
 * @param scripts folder that holds {@code rabbitmq-server} and {@code rabbitmqctl}
 */
record ServerInstallation(Path scripts) {

  /**
   * Debian's wrapper on the PATH switches to the user rabbitmq and to the service's folders, so the
   * scripts behind it come first.
   */
  private static final List<String> KNOWN_FOLDERS =
      List.of(
          "/usr/lib/rabbitmq/bin",
          "/opt/homebrew/opt/rabbitmq/sbin",
          "/usr/local/opt/rabbitmq/sbin",
          "/opt/rabbitmq/sbin");

  /** The first installation found, also looking along the PATH. */
  static Optional<ServerInstallation> find() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(KNOWN_FOLDERS.stream(), Stream.of(path.split(File.pathSeparator)))
        .filter(folder -> !folder.isBlank())
        .map(Path::of)
        .filter(folder -> Files.isExecutable(folder.resolve("rabbitmq-server")))
        .filter(folder -> Files.isExecutable(folder.resolve("rabbitmqctl")))
        .findFirst()
        .map(ServerInstallation::new);
  }

  String server() {
    return scripts.resolve("rabbitmq-server").toString();
  }

  String control() {
    return scripts.resolve("rabbitmqctl").toString();
  }
}
