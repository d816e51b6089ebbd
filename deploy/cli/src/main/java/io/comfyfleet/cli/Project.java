package io.comfyfleet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder ComfyFleet was built in, and where this program puts things.
 *
 * @param home absolute path of the checkout
 */
record Project(Path home) {

  Project {
    home = home.toAbsolutePath().normalize();
  }

  /** The folder named by the launcher in the system property {@code fleet.home}, else here. */
  static Project find() {
    return new Project(Path.of(System.getProperty("fleet.home", "")));
  }

  Path producerJar() {
    return jar("producer", "comfyfleet-producer");
  }

  Path workerJar() {
    return jar("worker", "comfyfleet-worker");
  }

  Path simulatorJar() {
    return jar("deploy/simulator", "comfyfleet-simulator");
  }

  /** Folder for logs, private nodes and databases; not part of the checkout. */
  Path work() {
    return home.resolve(".fleet");
  }

  Path logs() {
    return work().resolve("logs");
  }

  private Path jar(String module, String artifact) {
    Path target = home.resolve(module).resolve("target");
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        List<Path> found = files.filter(file -> isExecutableJar(file, artifact)).toList();
        if (!found.isEmpty()) {
          return found.getFirst();
        }
      } catch (IOException e) {
        throw new FleetFailure("Cannot look for " + artifact + " in " + target + ": " + e, e);
      }
    }
    throw new FleetFailure(
        "No "
            + artifact
            + "-*-exec.jar in "
            + target
            + "; build it with ./mvnw -DskipTests package");
  }

  private static boolean isExecutableJar(Path file, String artifact) {
    String name = file.getFileName().toString();
    return name.startsWith(artifact + "-") && name.endsWith("-exec.jar");
  }
}
