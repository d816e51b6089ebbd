package io.comfyfleet.producer.artifact;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.problem.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Files in and out. Bodies are streamed both ways. */
@RestController
@RequestMapping("/api/artifacts")
class ArtifactController {
  private static final int CONTENT_TYPE_LENGTH = 255;

  private final Artifacts artifacts;
  private final Downloads downloads;

  ArtifactController(Artifacts artifacts, Downloads downloads) {
    this.artifacts = artifacts;
    this.downloads = downloads;
  }

  @PutMapping("/{artifact}")
  ResponseEntity<StoredFile> put(
      @PathVariable UUID artifact,
      @RequestParam String filename,
      @RequestParam(name = "job_id", required = false) @Nullable UUID jobId,
      HttpServletRequest request)
      throws IOException {
    Artifacts.Kept kept =
        artifacts.put(
            artifact,
            jobId,
            Filename.safe(filename),
            contentType(request.getContentType()),
            request.getInputStream(),
            request.getContentLengthLong());
    Artifact stored = kept.artifact();
    return ResponseEntity.status(kept.same() ? HttpStatus.OK : HttpStatus.CREATED)
        .body(
            new StoredFile(
                stored.id(),
                stored.filename(),
                stored.contentType(),
                stored.sizeBytes(),
                stored.sha256(),
                artifacts.url(stored)));
  }

  /** The name at the end is for people and browsers; the id alone counts. */
  @GetMapping({"/{artifact}", "/{artifact}/{filename}"})
  void get(@PathVariable UUID artifact, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    downloads.send(artifact, request, response);
  }

  private static String contentType(@Nullable String header) {
    if (header == null) {
      return MediaType.APPLICATION_OCTET_STREAM_VALUE;
    }
    try {
      MediaType type = MediaType.parseMediaType(header);
      if (type.isWildcardType() || type.isWildcardSubtype()) {
        throw new InvalidMessageException("Content-Type", "must be one type, was " + header);
      }
      // Such a body was taken apart before it came here.
      if (type.isCompatibleWith(MediaType.APPLICATION_FORM_URLENCODED)
          || type.getType().equals("multipart")) {
        throw new ProblemException(
            HttpStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "Send the file itself as the body, with its own Content-Type, not as " + header);
      }
      if (header.length() > CONTENT_TYPE_LENGTH) {
        throw new InvalidMessageException(
            "Content-Type", "must be at most " + CONTENT_TYPE_LENGTH + " characters");
      }
      return type.toString();
    } catch (InvalidMediaTypeException e) {
      throw new InvalidMessageException("Content-Type", "must be a media type, was " + header);
    }
  }

  record StoredFile(
      UUID artifact, String filename, String contentType, long sizeBytes, String sha256, URI url) {}
}
