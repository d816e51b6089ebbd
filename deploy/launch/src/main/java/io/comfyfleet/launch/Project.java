package io.comfyfleet.launch;

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
public record Project(Path home) {

  /** Makes the path absolute. */
  public Project {
    home = home.toAbsolutePath().normalize();
  }

  /** The folder named by the launcher in the system property {@code fleet.home}, else here. */
  public static Project find() {
    return new Project(Path.of(System.getProperty("fleet.home", "")));
  }

  /** The producer's executable jar; a {@link FleetFailure} says how to build a missing one. */
  public Path producerJar() {
    return jar("producer", "comfyfleet-producer");
  }

  /** The worker's executable jar. */
  public Path workerJar() {
    return jar("worker", "comfyfleet-worker");
  }

  /** The simulator's executable jar. */
  public Path simulatorJar() {
    return jar("deploy/simulator", "comfyfleet-simulator");
  }

  /** Folder for logs, private nodes and databases; not part of the checkout. */
  public Path work() {
    return home.resolve(".fleet");
  }

  /** Where the programs' output goes. */
  public Path logs() {
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
