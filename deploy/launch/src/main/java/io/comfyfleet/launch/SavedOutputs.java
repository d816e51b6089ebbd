package io.comfyfleet.launch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Fetches a run's files into a folder and checks each against the SHA-256 of its result. */
public final class SavedOutputs {

  private final ProducerClient producer;
  private final Path folder;

  /**
   * A folder for files of that producer.
   *
   * @param folder made when it is missing
   */
  public SavedOutputs(ProducerClient producer, Path folder) {
    this.producer = producer;
    this.folder = folder;
  }

  /**
   * Saves every file of every job.
   *
   * @return saved files by the job's index
   * @throws FleetFailure when a file cannot be fetched, or is not what the result says
   */
  public Map<Integer, List<Path>> save(RunAnswer run) {
    var saved = new TreeMap<Integer, List<Path>>();
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new FleetFailure("Cannot make the folder " + folder + ": " + e, e);
    }
    for (RunAnswer.JobResult job : run.results()) {
      var files = new ArrayList<Path>();
      for (RunAnswer.Output output : job.files()) {
        files.add(save(job.index(), output));
      }
      saved.put(job.index(), files);
    }
    return saved;
  }

  private Path save(int index, RunAnswer.Output output) {
    // Only the last name counts: an output may not choose a place outside the folder.
    String name = output.filename().replaceAll("^.*[/\\\\]", "").replaceAll("[^\\w.-]", "_");
    Path file = folder.resolve(String.format(Locale.ROOT, "%02d-%s", index + 1, name));
    if (output.url() == null) {
      throw new FleetFailure("Job " + (index + 1) + ": no address given for " + name);
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(producer.open(output.url()), digest)) {
        Files.deleteIfExists(file);
        Files.copy(in, file);
      }
      String sha256 = HexFormat.of().formatHex(digest.digest());
      if (!Objects.requireNonNullElse(output.sha256(), sha256).equalsIgnoreCase(sha256)) {
        throw new FleetFailure(
            file + " has SHA-256 " + sha256 + ", its result says " + output.sha256());
      }
      return file;
    } catch (IOException e) {
      throw new FleetFailure(
          "Cannot save " + output.url() + " as " + file + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted while saving " + file, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
