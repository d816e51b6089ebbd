package io.comfyfleet.worker.artifact;

import io.comfyfleet.job.Input;
import io.comfyfleet.job.Job;
import io.comfyfleet.worker.artifact.TransferException.InputNotFound;
import io.comfyfleet.worker.artifact.TransferException.StoreUnavailable;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Moves a job's input files into ComfyUI. Thread-safe; blocks. */
public final class InputTransfer {
  private static final int MOST_REDIRECTS = 5;

  private final HttpClient http;
  private final ComfyClient comfy;
  private final InputProperties properties;
  private final StoreProperties store;

  /**
   * @param http client to use; must not follow redirects itself
   * @param comfy where the files go
   * @param properties limits
   * @param store where artifacts are
   */
  public InputTransfer(
      HttpClient http, ComfyClient comfy, InputProperties properties, StoreProperties store) {
    this.http = http;
    this.comfy = comfy;
    this.properties = properties;
    this.store = store;
  }

  /**
   * Moves all inputs of a job. A store that does not answer is tried again until {@code
   * fleet.store.patience} has passed.
   *
   * @param pause waits between two tries, and is asked before each file whether to go on
   * @return what a loader node's input must say, by placeholder name
   * @throws InputNotFound when a file cannot be had, or ComfyUI refuses it
   * @throws StoreUnavailable when the store does not answer
   * @throws ComfyException when ComfyUI does not take it
   */
  public Map<String, String> move(Job job, Pause pause) {
    Map<String, String> files = new LinkedHashMap<>();
    for (Input input : job.inputs()) {
      if (!pause.await(Duration.ZERO)) {
        throw new InputNotFound("The attempt was stopped before all inputs were there", true, null);
      }
      files.put(input.name(), StorePatience.call(store.patience(), pause, () -> move(job, input)));
    }
    return files;
  }

  private String move(Job job, Input input) {
    URI address =
        input.url() != null
            ? input.url()
            : URI.create(store.url() + "/api/artifacts/" + input.artifact());
    HttpResponse<InputStream> response = fetch(input, address);
    long limit = properties.maxSize().toBytes();
    try (MeteredStream body = new MeteredStream(response.body(), limit)) {
      if (response.headers().firstValueAsLong("Content-Length").orElse(0) > limit) {
        throw tooLarge(input, limit);
      }
      String name = name(job, input, response);
      try {
        return comfy.upload(name, () -> body, properties.timeout()).inputValue();
      } catch (ComfyException.Refused e) {
        if (!e.isAboutTheRequest()) {
          throw e;
        }
        throw new InputNotFound(
            "ComfyUI refused inputs[" + input.name() + "]: " + e.getMessage(), false, e);
      } catch (ComfyException e) {
        // Whoever reads the stream reports its trouble as his own.
        if (body.isOverLimit()) {
          throw tooLarge(input, limit);
        }
        if (body.isWaitedFor()) {
          throw new InputNotFound(
              "inputs["
                  + input.name()
                  + "]: "
                  + shown(address)
                  + " had not sent all of it within "
                  + properties.timeout().toSeconds()
                  + " s (fleet.inputs.timeout)",
              true,
              e);
        }
        IOException broken = body.broken();
        if (broken != null) {
          throw new InputNotFound(
              "inputs["
                  + input.name()
                  + "]: "
                  + shown(address)
                  + " broke off: "
                  + broken.getMessage(),
              true,
              e);
        }
        throw e;
      }
    } catch (IOException e) {
      throw new InputNotFound("Closing the input " + input.name() + " failed", true, e);
    }
  }

  private HttpResponse<InputStream> fetch(Input input, URI start) {
    URI address = start;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      // The store is the operator's own; everything else was chosen by a caller.
      if ((input.url() != null || redirects > 0) && !properties.rule().allows(address)) {
        throw new InputNotFound(
            "inputs[" + input.name() + "] " + properties.rule().refusal(address), false, null);
      }
      HttpResponse<InputStream> response = get(input, address);
      int status = response.statusCode();
      if (status == 200) {
        return response;
      }
      discard(response);
      String location = response.headers().firstValue("Location").orElse("");
      if (status < 300 || status >= 400 || location.isEmpty()) {
        String what =
            "inputs["
                + input.name()
                + "]: GET "
                + shown(address)
                + " was answered with HTTP "
                + status;
        boolean retryable = status >= 500 || status == 408 || status == 429;
        if (isStore(input) && (retryable || !isProblem(response))) {
          throw new StoreUnavailable(what, true, null);
        }
        throw new InputNotFound(what, retryable, null);
      }
      address = resolve(input, address, location);
    }
    throw new InputNotFound(
        "inputs["
            + input.name()
            + "]: "
            + shown(start)
            + " redirects more than "
            + MOST_REDIRECTS
            + " times",
        false,
        null);
  }

  /** Whether the store says it itself, and not a proxy in front of it. */
  private static boolean isProblem(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Content-Type")
        .orElse("")
        .startsWith("application/problem+json");
  }

  private HttpResponse<InputStream> get(Input input, URI address) {
    try {
      return http.send(
          HttpRequest.newBuilder(address).timeout(properties.timeout()).GET().build(),
          BodyHandlers.ofInputStream());
    } catch (IOException e) {
      String what =
          "inputs["
              + input.name()
              + "]: GET "
              + shown(address)
              + " got no answer: "
              + e.getMessage();
      throw isStore(input) ? new StoreUnavailable(what, true, e) : new InputNotFound(what, true, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputNotFound("inputs[" + input.name() + "]: the fetch was interrupted", true, e);
    }
  }

  /** Without its query and user, which may be secrets. */
  private static String shown(URI address) {
    String port = address.getPort() < 0 ? "" : ":" + address.getPort();
    return address.getScheme() + "://" + address.getHost() + port + address.getPath();
  }

  private static boolean isStore(Input input) {
    return input.url() == null;
  }

  private static URI resolve(Input input, URI address, String location) {
    try {
      return address.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new InputNotFound(
          "inputs["
              + input.name()
              + "]: "
              + shown(address)
              + " redirects to what is no address: "
              + location,
          false,
          e);
    }
  }

  private static void discard(HttpResponse<InputStream> response) {
    try (InputStream body = response.body()) {
      body.skip(0);
    } catch (IOException e) {
      // Nothing is lost: the answer was not wanted.
    }
  }

  private static InputNotFound tooLarge(Input input, long limit) {
    return new InputNotFound(
        "inputs["
            + input.name()
            + "] is larger than the "
            + limit
            + " bytes of"
            + " fleet.inputs.max-size",
        false,
        null);
  }

  /** Unique by job, so that ComfyUI need not rename, with the extension that loaders go by. */
  private static String name(Job job, Input input, HttpResponse<InputStream> response) {
    String path = String.valueOf(response.uri().getPath());
    String extension = MediaTypes.extension(path.substring(path.lastIndexOf('/') + 1));
    if (extension.isEmpty()) {
      extension = MediaTypes.extensionOf(response.headers().firstValue("Content-Type").orElse(""));
    }
    String safe = input.name().replaceAll("[^A-Za-z0-9_-]", "_");
    return "fleet-" + job.jobId() + "-" + safe + (extension.isEmpty() ? "" : "." + extension);
  }
}
