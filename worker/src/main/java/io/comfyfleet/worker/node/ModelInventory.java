package io.comfyfleet.worker.node;

import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether two ComfyUIs list the same models, by a short hash of what {@code /models} lists.
 * Asked again every ten minutes, and after ComfyUI was away. For one thread; blocks.
 */
final class ModelInventory {
  private static final Logger log = LoggerFactory.getLogger(ModelInventory.class);
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final int HASH_BYTES = 8;

  private final ComfyClient comfy;
  private final Clock clock;
  private @Nullable String hash;
  private @Nullable Instant readAt;

  ModelInventory(ComfyClient comfy, Clock clock) {
    this.comfy = comfy;
    this.clock = clock;
  }

  /** The hash, at most ten minutes old unless ComfyUI does not tell; null when it never did. */
  @Nullable String hash() {
    Instant now = clock.instant();
    if (readAt == null || readAt.plus(KEPT).isBefore(now)) {
      try {
        hash = hash(comfy.models());
        readAt = now;
      } catch (ComfyException e) {
        log.atDebug().addKeyValue(LogKeys.REASON, e.getMessage()).log("models not listed");
      }
    }
    return hash;
  }

  /** ComfyUI is away; it may come back with other models. */
  void forget() {
    readAt = null;
  }

  /** Folders without files do not count: versions of ComfyUI differ in them. */
  static String hash(Map<String, SortedSet<String>> models) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      models.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .flatMap(folder -> folder.getValue().stream().map(file -> folder.getKey() + "/" + file))
          .forEach(line -> digest.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
      return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
