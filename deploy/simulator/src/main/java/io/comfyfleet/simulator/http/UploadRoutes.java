package io.comfyfleet.simulator.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /upload/image} and {@code /upload/mask}, which here keeps the mask as it is. */
final class UploadRoutes {
  private final ServerParts parts;

  UploadRoutes(ServerParts parts) {
    this.parts = parts;
  }

  void image(HttpServerRequest request, Buffer body) {
    String contentType = request.getHeader("Content-Type");
    Optional<Map<String, Multipart.Part>> form = Multipart.parse(contentType, body.getBytes());
    Multipart.Part image = form.map(fields -> fields.get("image")).orElse(null);
    if (form.isEmpty() || image == null) {
      Reply.empty(request, 400);
      return;
    }
    String name = image.fileName();
    if (name == null || name.isEmpty()) {
      Reply.trouble(request);
      return;
    }
    String type = text(form.get(), "type", "input");
    if (parts.folders().of(type) == null) {
      Reply.trouble(request);
      return;
    }
    String subfolder = text(form.get(), "subfolder", "");
    Optional<Path> folder = parts.folders().inside(type, subfolder, "");
    Optional<Path> file = parts.folders().inside(type, subfolder, name);
    if (folder.isEmpty() || file.isEmpty()) {
      Reply.empty(request, 400);
      return;
    }
    String overwrite = text(form.get(), "overwrite", "");
    try {
      Files.createDirectories(folder.get());
      Path written = write(file.get(), image.bytes(), overwrite.matches("true|1"));
      answer(request, written, subfolder, type, image.bytes().length);
    } catch (IOException e) {
      Reply.trouble(request);
    }
  }

  private void answer(
      HttpServerRequest request, Path written, String subfolder, String type, long size) {
    String name = String.valueOf(written.getFileName());
    parts.uploads().add(new Upload(name, subfolder, type, size));
    ObjectNode reply = Reply.object();
    reply.put("name", name).put("subfolder", subfolder).put("type", type);
    Reply.json(request, 200, reply);
  }

  private static String text(Map<String, Multipart.Part> form, String field, String absent) {
    Multipart.Part part = form.get(field);
    return part == null ? absent : part.text();
  }

  private static Path write(Path file, byte[] bytes, boolean overwrite) throws IOException {
    if (overwrite || !Files.exists(file)) {
      return Files.write(file, bytes);
    }
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    String ending = dot < 0 ? "" : name.substring(dot);
    Path candidate = file;
    for (int i = 1; Files.exists(candidate); i++) {
      if (Arrays.equals(Files.readAllBytes(candidate), bytes)) {
        return candidate;
      }
      candidate = file.resolveSibling(stem + " (" + i + ")" + ending);
    }
    return Files.write(candidate, bytes);
  }
}
