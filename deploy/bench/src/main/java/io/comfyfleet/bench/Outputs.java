package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/** Fetches what results say was made. */
final class Outputs {

  private Outputs() {}

  /** What is at each address; without those where nothing is, or from where nothing came. */
  static Map<String, OutputFile> fetch(Api api, Set<String> urls) {
    Map<String, OutputFile> files = new ConcurrentHashMap<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String url : urls) {
        threads.execute(() -> fetch(api, url, files));
      }
    }
    return files;
  }

  private static void fetch(Api api, String url, Map<String, OutputFile> files) {
    try {
      api.file(url)
          .ifPresent(bytes -> files.put(url, new OutputFile(url, bytes.length, sha256(bytes))));
    } catch (FleetFailure e) {
      // No answer is no file.
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
