package io.comfyfleet.bench;

import io.comfyfleet.launch.ProducerClient;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Fetches every file that the results of runs name. One use, one thread; blocks. */
final class Outputs {

  private final Api api;
  private final List<String> wrong = new ArrayList<>();
  private int files;

  Outputs(Api api) {
    this.api = api;
  }

  /** Fetches what one run has made. */
  void fetch(String runId) {
    Api.Answer answer = api.get("/api/runs/" + runId);
    for (JsonNode result : ProducerClient.JSON.readTree(answer.body()).path("results")) {
      for (JsonNode output : result.path("outputs")) {
        if (output.path("url").isString()) {
          check(result.path("job_id").asString(), output);
        }
      }
    }
  }

  /** How many files were there as their results say. */
  int right() {
    return files - wrong.size();
  }

  /** A line for each that is not there, or is not the one that its result describes. */
  List<String> wrong() {
    return List.copyOf(wrong);
  }

  private void check(String jobId, JsonNode output) {
    files++;
    String url = output.path("url").asString();
    Optional<byte[]> file = api.file(url);
    if (file.isEmpty()) {
      wrong.add(jobId + ": its output " + url + " is not there");
    } else if (file.get().length != output.path("size_bytes").asLong()
        || !sha256(file.get()).equals(output.path("sha256").asString())) {
      wrong.add(jobId + ": its output " + url + " is another file");
    }
  }

  private static String sha256(byte[] file) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
