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
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Moves files from ComfyUI into the output store. Thread-safe; blocks. */
public final class OutputTransfer {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What the store itself says to a file that it will never take; the rest may pass. */
  private static final Set<Integer> REFUSALS = Set.of(400, 413, 415);

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
   * Moves one file. A store that does not answer is tried again until {@code patience} has passed;
   * a repeat replaces what an earlier try left, since the artifact's id is derived.
   *
   * @param pause waits between two tries
   * @throws OutputNotRetrievable when ComfyUI does not have it
   * @throws StoreUnavailable when the store does not take it, or the wait for it was cut short
   * @throws ComfyException when ComfyUI does not answer, or something in front of it does
   */
  public Output move(Job job, StoredFile file, Pause pause) {
    return StorePatience.call(properties.patience(), pause, () -> tryOnce(job, file));
  }

  /** Id of an output, the same on each try of the same attempt. */
  static UUID artifactId(Job job, StoredFile file) {
    String name = job.tryName() + "/" + file.node() + "/" + file.key() + "/" + file.position();
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }

  private Output tryOnce(Job job, StoredFile file) {
    try (ViewedFile viewed = view(file);
        MeteredStream body = new MeteredStream(viewed.body(), Long.MAX_VALUE)) {
      String contentType = MediaTypes.of(viewed.contentType(), file.filename());
      UUID artifact = artifactId(job, file);
      BodyPublisher bytes = BodyPublishers.ofInputStream(() -> body);
      if (viewed.length() > 0) {
        bytes = BodyPublishers.fromPublisher(bytes, viewed.length());
      }
      JsonNode stored =
          put(
              HttpRequest.newBuilder(address(job, file, artifact))
                  .timeout(properties.timeout())
                  .header("Content-Type", contentType)
                  .PUT(bytes)
                  .build(),
              file);
      String sha256 = body.sha256();
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
      return new Output(
          file.node(),
          OutputKind.ofContentType(contentType),
          artifact,
          file.filename(),
          contentType,
          body.count(),
          sha256,
          URI.create(stored.path("url").asString("")),
          null);
    } catch (IOException e) {
      throw new StoreUnavailable("Closing " + file.filename() + " failed", true, e);
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

  private JsonNode put(HttpRequest request, StoredFile file) {
    try {
      HttpResponse<byte[]> response = WholeAnswer.of(http, request, BodyHandlers.ofByteArray());
      int status = response.statusCode();
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
      return JSON.readTree(response.body());
    } catch (JacksonException e) {
      throw new StoreUnavailable(request.uri() + " was answered with no JSON", true, e);
    } catch (IOException e) {
      throw new StoreUnavailable(
          "PUT " + request.uri() + " got no answer: " + e.getMessage(), true, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailable("PUT " + request.uri() + " was interrupted", true, e);
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
