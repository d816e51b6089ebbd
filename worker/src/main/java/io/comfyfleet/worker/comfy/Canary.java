package io.comfyfleet.worker.comfy;

import io.comfyfleet.job.Workflow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A trivial prompt by which a ComfyUI proves that it works: a small picture, blurred on the GPU
 * ({@code ImageBlur} moves it there, seen in ComfyUI's source), shown and not kept. Needs no model.
 */
public final class Canary {
  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  /** Looks in a row; between queue and history a prompt is nowhere for a moment. */
  private static final int MOST_ABSENCES = 10;

  private final ComfyClient comfy;
  private final Duration timeout;

  /**
   * @param comfy who is to prove itself
   * @param timeout how long it may take
   */
  public Canary(ComfyClient comfy, Duration timeout) {
    this.comfy = comfy;
    this.timeout = timeout;
  }

  /**
   * What came of it.
   *
   * @param verdict whether ComfyUI works
   * @param words what happened; empty when it works
   */
  public record Song(Verdict verdict, String words) {}

  /** What a trivial prompt shows. */
  public enum Verdict {
    /** It works. */
    WORKS,
    /** It does not. */
    FAILS,
    /** Neither: it did not come to it, perhaps because other prompts were before it. */
    WAITS
  }

  /**
   * Submits it and waits for its end.
   *
   * @param about what to note beside the prompt
   * @throws ComfyException when ComfyUI does not answer
   * @throws InterruptedException when the thread is interrupted
   */
  public Song sing(Map<String, String> about) throws InterruptedException {
    UUID promptId = UUID.randomUUID();
    try {
      comfy.submit(promptId, graph(), about);
    } catch (ComfyException.Refused e) {
      return fails("ComfyUI refused a trivial prompt: " + e.getMessage());
    }
    Instant until = Instant.now().plus(timeout);
    int absences = 0;
    PromptStatus status = new PromptStatus.Absent();
    while (Instant.now().isBefore(until)) {
      status = comfy.look(promptId);
      if (status instanceof PromptStatus.Ended ended) {
        comfy.forget(promptId);
        return song(ended.end());
      }
      absences = status instanceof PromptStatus.Absent ? absences + 1 : 0;
      if (absences >= MOST_ABSENCES) {
        return fails(
            "ComfyUI does not know the trivial prompt any more that it was to prove itself by");
      }
      Thread.sleep(LOOK_EVERY);
    }
    comfy.cancel(promptId);
    String limit = "within " + timeout.toSeconds() + " s";
    return status instanceof PromptStatus.Pending
        ? new Song(Verdict.WAITS, "it has to run a trivial prompt, and did not come to it " + limit)
        : fails("ComfyUI answers but did not run a trivial prompt " + limit);
  }

  private static Song song(PromptEnd end) {
    return switch (end.how()) {
      case SUCCEEDED -> new Song(Verdict.WORKS, "");
      case INTERRUPTED ->
          fails("somebody interrupted the trivial prompt that ComfyUI was to prove itself by");
      case FAILED ->
          fails(
              "ComfyUI failed on a trivial prompt: "
                  + (end.failure() == null ? "no reason told" : end.failure().message()));
    };
  }

  private static Song fails(String words) {
    return new Song(Verdict.FAILS, words);
  }

  private static Workflow graph() {
    // Another colour each time, or the cache would answer.
    int color = ThreadLocalRandom.current().nextInt(0x1000000);
    return new Workflow(
        Map.of(
            "1",
            node("EmptyImage", Map.of("width", 64, "height", 64, "batch_size", 1, "color", color)),
            "2",
            node("ImageBlur", Map.of("image", List.of("1", 0), "blur_radius", 1, "sigma", 1.0)),
            "3",
            node("PreviewImage", Map.of("images", List.of("2", 0)))));
  }

  private static Map<String, @Nullable Object> node(String type, Map<String, Object> inputs) {
    return Map.of("class_type", type, "inputs", inputs);
  }
}
