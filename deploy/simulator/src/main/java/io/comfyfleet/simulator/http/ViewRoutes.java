package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.media.MediaFiles;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/** {@code GET} and {@code HEAD /view}. */
final class ViewRoutes {
  private static final Pattern ANNOTATED = Pattern.compile("(.*) \\[(output|input|temp)]");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
  private static final Map<String, String> TYPES =
      Map.of(
          "png", "image/png",
          "jpg", "image/jpeg",
          "jpeg", "image/jpeg",
          "webp", "image/webp",
          "mp4", "video/mp4",
          "webm", "video/webm",
          "flac", "audio/flac",
          "txt", "text/plain");

  private final ServerParts parts;

  ViewRoutes(ServerParts parts) {
    this.parts = parts;
  }

  void view(HttpServerRequest request) {
    String name = request.getParam("filename");
    if (name == null) {
      Reply.empty(request, 404);
      return;
    }
    String type = request.getParam("type", "output");
    Matcher annotated = ANNOTATED.matcher(name);
    if (annotated.matches()) {
      name = annotated.group(1);
      type = annotated.group(2);
    }
    if (name.isEmpty()
        || name.startsWith("/")
        || name.contains("..")
        || parts.folders().of(type) == null) {
      Reply.empty(request, 400);
      return;
    }
    String subfolder = request.getParam("subfolder", "");
    if (parts.folders().inside(type, subfolder, "").isEmpty()) {
      Reply.empty(request, 403);
      return;
    }
    String base = name.substring(name.lastIndexOf('/') + 1);
    Optional<Path> file =
        parts.folders().inside(type, subfolder, base).filter(Files::isRegularFile);
    if (file.isEmpty() || parts.faults().take(Fault.VIEW_MISSING).isPresent()) {
      Reply.empty(request, 404);
      return;
    }
    if (request.getParam("preview") != null || request.getParam("channel") != null) {
      decoded(request, file.get());
    } else {
      send(request, file.get());
    }
  }

  private void send(HttpServerRequest request, Path file) {
    long size;
    String tag;
    String modified;
    try {
      BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
      size = facts.size();
      tag =
          "\"%x-%x\""
              .formatted(
                  facts.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS), size);
      modified =
          DateTimeFormatter.RFC_1123_DATE_TIME.format(
              facts.lastModifiedTime().toInstant().atOffset(ZoneOffset.UTC));
    } catch (IOException e) {
      Reply.empty(request, 404);
      return;
    }
    HttpServerResponse response = request.response();
    String name = String.valueOf(file.getFileName());
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(java.util.Locale.ROOT);
    response.putHeader("Content-Type", TYPES.getOrDefault(ending, "application/octet-stream"));
    response.putHeader("Content-Disposition", "filename=\"" + name + "\"");
    response.putHeader("Etag", tag).putHeader("Last-Modified", modified);
    response.putHeader("Accept-Ranges", "bytes");
    if (tag.equals(request.getHeader("If-None-Match"))) {
      response.setStatusCode(304).end();
      return;
    }
    sendRange(request, file, size);
  }

  private static void sendRange(HttpServerRequest request, Path file, long size) {
    HttpServerResponse response = request.response();
    long from = 0;
    long to = size - 1;
    String header = request.getHeader("Range");
    Matcher range = RANGE.matcher(header == null ? "" : header);
    if (range.matches() && !(range.group(1).isEmpty() && range.group(2).isEmpty())) {
      if (range.group(1).isEmpty()) {
        from = Math.max(0, size - Long.parseLong(range.group(2)));
      } else {
        from = Long.parseLong(range.group(1));
        to = range.group(2).isEmpty() ? to : Math.min(to, Long.parseLong(range.group(2)));
      }
      if (from > to) {
        response.putHeader("Content-Range", "bytes */" + size).setStatusCode(416).end();
        return;
      }
      response.setStatusCode(206);
      response.putHeader("Content-Range", "bytes " + from + "-" + to + "/" + size);
    }
    long length = to - from + 1;
    if (request.method() == HttpMethod.HEAD || length == 0) {
      response.putHeader("Content-Length", Long.toString(length)).end();
    } else {
      response.sendFile(file.toString(), from, length);
    }
  }

  private void decoded(HttpServerRequest request, Path file) {
    boolean jpeg = request.getParam("preview", "").startsWith("jpeg");
    parts
        .vertx()
        .executeBlocking(() -> {
          BufferedImage read = ImageIO.read(file.toFile());
          if (read == null) {
            throw new IOException("not an image: " + file);
          }
          BufferedImage image =
              new BufferedImage(read.getWidth(), read.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
          Graphics2D pen = image.createGraphics();
          pen.drawImage(read, 0, 0, null);
          pen.dispose();
          return jpeg ? MediaFiles.jpeg(image) : MediaFiles.png(image);
        })
        .onSuccess(bytes ->
            request
                .response()
                .putHeader("Content-Type", jpeg ? "image/jpeg" : "image/png")
                .end(Buffer.buffer(bytes)))
        .onFailure(broken -> Reply.trouble(request));
  }
}
