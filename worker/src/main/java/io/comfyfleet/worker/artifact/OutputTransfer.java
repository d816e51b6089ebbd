package io.comfyfleet.worker.artifact;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.worker.artifact.TransferException.OutputNotRetrievable;
import io.comfyfleet.worker.artifact.TransferException.StoreUnavailable;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.PromptOutput.StoredFile;
import io.comfyfleet.worker.comfy.ViewedFile;
import io.comfyfleet.worker.http.WholeAnswer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Moves files from ComfyUI into the output store. Thread-safe; blocks. */
public final class OutputTransfer {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What the store itself says to a file that it will never take; the rest may pass. */
  private static final Set<Integer> REFUSALS = Set.of(400, 413, 415);

  /** What the store says to other content under an id that it knows. */
  private static final int TAKEN = 409;

  private final HttpClient http;
  private final ComfyClient comfy;
  private final StoreProperties properties;

  /**
   * @param http client to use
   * @param comfy where the files come from
   * @param properties the store
   */
  public OutputTransfer(HttpClient http, ComfyClient comfy, StoreProperties properties) {
    this.http = http;
    this.comfy = comfy;
    this.properties = properties;
  }

  /**
   * Moves one file. A store that does not answer is tried again until {@code patience} has passed.
   * The artifact's id is derived, so that a repeat finds the file that an earlier try left. Where
   * the same try was rendered twice, as after a lost connection, and the other render is stored
   * already, this one gets an id of its own: what is stored never changes.
   *
   * @param pause waits between two tries
   * @throws OutputNotRetrievable when ComfyUI does not have it
   * @throws StoreUnavailable when the store does not take it, or the wait for it was cut short
   * @throws ComfyException when ComfyUI does not answer, or something in front of it does
   */
  public Output move(Job job, StoredFile file, Pause pause) {
    return StorePatience.call(properties.patience(), pause, () -> tryOnce(job, file));
  }

  private Output tryOnce(Job job, StoredFile file) {
    String name = job.tryName() + "/" + file.node() + "/" + file.key() + "/" + file.position();
    Sent sent = send(job, file, name);
    if (sent.isTaken()) {
      sent = send(job, file, name + "/" + sent.sha256());
    }
    if (sent.isTaken()) {
      throw new StoreUnavailable(
          "The output store holds other content under both ids of " + file.filename(), false, null);
    }
    return sent.output();
  }

  /**
   * Sends the file once.
   *
   * @param name what the artifact's id is derived from
   */
  private Sent send(Job job, StoredFile file, String name) {
    UUID artifact = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    try (ViewedFile viewed = view(file);
        MeteredStream body = new MeteredStream(viewed.body(), Long.MAX_VALUE)) {
      String contentType = MediaTypes.of(viewed.contentType(), file.filename());
      BodyPublisher bytes = BodyPublishers.ofInputStream(() -> body);
      if (viewed.length() > 0) {
        bytes = BodyPublishers.fromPublisher(bytes, viewed.length());
      }
      HttpResponse<byte[]> answer =
          put(
              HttpRequest.newBuilder(address(job, file, artifact))
                  .timeout(properties.timeout())
                  .header("Content-Type", contentType)
                  .PUT(bytes)
                  .build());
      String sha256 = body.sha256();
      if (answer.statusCode() == TAKEN) {
        return new Sent(sha256, null);
      }
      JsonNode stored = read(answer, file);
      if (stored.path("size_bytes").asLong(-1) != body.count()
          || !sha256.equals(stored.path("sha256").asString(""))) {
        throw new StoreUnavailable(
            "The output store took "
                + file.filename()
                + " but not all of its "
                + body.count()
                + " bytes",
            true,
            null);
      }
      Output output =
          new Output(
              file.node(),
              OutputKind.ofContentType(contentType),
              artifact,
              file.filename(),
              contentType,
              body.count(),
              sha256,
              URI.create(stored.path("url").asString("")),
              null);
      return new Sent(sha256, output);
    } catch (IOException e) {
      throw new StoreUnavailable("Closing " + file.filename() + " failed", true, e);
    }
  }

  /**
   * A file that the store has read.
   *
   * @param sha256 lower-case hexadecimal
   * @param output null when its id is taken
   */
  private record Sent(String sha256, @Nullable Output output) {
    boolean isTaken() {
      return output == null;
    }
  }

  private ViewedFile view(StoredFile file) {
    try {
      return comfy.view(file, properties.timeout());
    } catch (ComfyException.Refused e) {
      if (!e.isAboutTheRequest() && e.status() != 404) {
        throw e;
      }
      throw new OutputNotRetrievable(
          "ComfyUI reported the output "
              + file.filename()
              + " of node "
              + file.node()
              + " but answered HTTP "
              + e.status()
              + " to its download",
          e);
    }
  }

  private HttpResponse<byte[]> put(HttpRequest request) {
    try {
      return WholeAnswer.of(http, request, BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new StoreUnavailable(
          "PUT " + request.uri() + " got no answer: " + e.getMessage(), true, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailable("PUT " + request.uri() + " was interrupted", true, e);
    }
  }

  private static JsonNode read(HttpResponse<byte[]> answer, StoredFile file) {
    int status = answer.statusCode();
    if (status != 200 && status != 201) {
      boolean retryable = !REFUSALS.contains(status);
      throw new StoreUnavailable(
          "The output store answered HTTP "
              + status
              + " to "
              + file.filename()
              + (status == 413 ? ": it is larger than the store takes" : "")
              + (status == 507 ? ": its disk is full" : ""),
          retryable,
          null);
    }
    try {
      return JSON.readTree(answer.body());
    } catch (JacksonException e) {
      throw new StoreUnavailable(answer.uri() + " was answered with no JSON", true, e);
    }
  }

  private URI address(Job job, StoredFile file, UUID artifact) {
    return URI.create(
        properties.url()
            + "/api/artifacts/"
            + artifact
            + "?filename="
            + URLEncoder.encode(file.filename(), StandardCharsets.UTF_8)
            + "&job_id="
            + job.jobId());
  }
}
