package io.comfyfleet.producer.artifact;

import io.comfyfleet.producer.problem.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRange;
import org.springframework.http.HttpStatus;

/** One answer with a file, or the part of it that was asked for (RFC 9110, section 14). */
final class Download {
  private final Artifact artifact;
  private final String etag;
  private final HttpServletRequest request;
  private final HttpServletResponse response;

  Download(
      Artifact artifact, String etag, HttpServletRequest request, HttpServletResponse response) {
    this.artifact = artifact;
    this.etag = etag;
    this.request = request;
    this.response = response;
  }

  void send(ArtifactStore.Stored file) throws IOException {
    long size = artifact.sizeBytes();
    Optional<HttpRange> range = range();
    long from = range.map(asked -> asked.getRangeStart(size)).orElse(0L);
    long to = range.map(asked -> asked.getRangeEnd(size)).orElse(size - 1);
    if (range.isPresent() && (from >= size || from > to)) {
      response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + size);
      throw new ProblemException(
          HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
          "range-not-satisfiable",
          "The range " + range.get() + " is not within the file's " + size + " bytes");
    }
    headers();
    if (range.isPresent()) {
      response.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
      response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes " + from + "-" + to + "/" + size);
    }
    response.setContentLengthLong(to - from + 1);
    if (!HttpMethod.HEAD.matches(request.getMethod())) {
      file.copyTo(response.getOutputStream(), from, to - from + 1);
    }
  }

  private void headers() {
    response.setHeader(HttpHeaders.CONTENT_TYPE, artifact.contentType());
    response.setHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
    // A repeated attempt may replace the file, so a cache has to ask; the answer is a short 304.
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
    response.setHeader(
        HttpHeaders.CONTENT_DISPOSITION,
        ContentDisposition.inline()
            .filename(artifact.filename(), StandardCharsets.UTF_8)
            .build()
            .toString());
    // The content is a stranger's: an HTML or SVG file must not act in this origin's name.
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Security-Policy", "sandbox");
  }

  /**
   * The one range that was asked for. Several at once, or none that can be read, mean the whole.
   */
  private Optional<HttpRange> range() {
    String header = request.getHeader(HttpHeaders.RANGE);
    if (header == null || !HttpMethod.GET.matches(request.getMethod()) || !ifRangeHolds()) {
      return Optional.empty();
    }
    try {
      List<HttpRange> ranges = HttpRange.parseRanges(header);
      return ranges.size() == 1 ? Optional.of(ranges.getFirst()) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private boolean ifRangeHolds() {
    String condition = request.getHeader(HttpHeaders.IF_RANGE);
    if (condition == null || condition.equals(etag)) {
      return true;
    }
    if (condition.startsWith("\"") || condition.startsWith("W/")) {
      return false;
    }
    try {
      return request.getDateHeader(HttpHeaders.IF_RANGE) == artifact.storedAt().toEpochMilli();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
