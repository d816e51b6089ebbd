package io.comfyfleet.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.worker.ScriptedComfyUi;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyProperties;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelInventoryTest {
  private final ScriptedComfyUi server = new ScriptedComfyUi();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void hashIsThatOfFoldersAndFilesWhateverTheirOrderAndEmptyFolders() {
    String hash = hash(Map.of("loras", List.of("b", "a"), "vae", List.of("v"), "empty", List.of()));

    assertThat(hash).matches("[0-9a-f]{16}");
    assertThat(hash(Map.of("vae", List.of("v"), "loras", List.of("a", "b")))).isEqualTo(hash);
    assertThat(hash(Map.of("vae", List.of("v"), "loras", List.of("a")))).isNotEqualTo(hash);
    assertThat(hash(Map.of("loras", List.of("v"), "vae", List.of("a", "b")))).isNotEqualTo(hash);
  }

  @Test
  void listIsReadOnceUntilItIsForgotten() {
    server.on("GET /models", 200, "[\"vae\", \"text encoders\"]");
    server.on("GET /models/vae", 200, "[\"v.safetensors\"]");
    server.on("GET /models/text encoders", 200, "[]");
    ModelInventory inventory = inventory();

    String hash = inventory.hash();
    String again = inventory.hash();

    assertThat(hash).isEqualTo(hash(Map.of("vae", List.of("v.safetensors")))).isEqualTo(again);
    assertThat(server.calls()).hasSize(3);
    inventory.forget();
    inventory.hash();
    assertThat(server.calls()).hasSizeGreaterThan(3);
  }

  @Test
  void comfyUiThatDoesNotTellLeavesTheHashUnknown() {
    server.on("GET /models", 500, "{}");

    assertThat(inventory().hash()).isNull();
  }

  private ModelInventory inventory() {
    Duration s = Duration.ofSeconds(2);
    ComfyClient client =
        new ComfyClient(
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(),
            new ComfyProperties(server.url(), s, s, s, s, s, s, s),
            "me");
    return new ModelInventory(client, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
  }

  private static String hash(Map<String, List<String>> models) {
    return ModelInventory.hash(
        models.entrySet().stream()
            .collect(
                java.util.stream.Collectors.toMap(
                    Map.Entry::getKey, each -> new TreeSet<>(each.getValue()))));
  }
}
