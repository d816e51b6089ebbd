package io.comfyfleet.producer.artifact;

import io.comfyfleet.producer.problem.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.context.request.ServletWebRequest;

/** Answers requests with files of the output store. Streams; blocks until the caller has it. */
@Component
public class Downloads {
  private final Artifacts artifacts;

  Downloads(Artifacts artifacts) {
    this.artifacts = artifacts;
  }

  /**
   * Sends the file, the part of it that was asked for, or word that the caller's copy is current.
   *
   * @throws ProblemException when the store has no such file, before anything was sent
   * @throws IOException when the caller has gone or the file cannot be read
   */
  public void send(UUID artifact, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Artifact found = artifacts.find(artifact).orElseThrow(() -> notFound(artifact));
    try (ArtifactStore.Stored file = artifacts.open(found).orElseThrow(() -> notFound(artifact))) {
      String etag = "\"" + found.sha256() + "\"";
      if (new ServletWebRequest(request, response)
          .checkNotModified(etag, found.storedAt().toEpochMilli())) {
        return;
      }
      new Download(found, etag, request, response).send(file);
    }
  }

  private static ProblemException notFound(UUID artifact) {
    return new ProblemException(
        HttpStatus.NOT_FOUND,
        "artifact-not-found",
        "There is no file " + artifact + " in the output store (or it is there no longer)");
  }
}
