package io.comfyfleet.worker.artifact;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Media types of the files that ComfyUI makes and takes, by extension and back. */
final class MediaTypes {
  static final String UNKNOWN = "application/octet-stream";

  private static final Map<String, String> BY_EXTENSION =
      Map.ofEntries(
          Map.entry("png", "image/png"),
          Map.entry("apng", "image/apng"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("jpeg", "image/jpeg"),
          Map.entry("webp", "image/webp"),
          Map.entry("gif", "image/gif"),
          Map.entry("mp4", "video/mp4"),
          Map.entry("webm", "video/webm"),
          Map.entry("mkv", "video/x-matroska"),
          Map.entry("mov", "video/quicktime"),
          Map.entry("flac", "audio/flac"),
          Map.entry("mp3", "audio/mpeg"),
          Map.entry("opus", "audio/ogg"),
          Map.entry("wav", "audio/wav"),
          Map.entry("glb", "model/gltf-binary"));

  private static final Pattern TYPE = Pattern.compile("[a-z0-9.+-]+/[a-z0-9.+_-]+");

  private MediaTypes() {}

  /** The type that a server told, unless it told none worth having; else by the name. */
  static String of(String told, String filename) {
    String type = told.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (TYPE.matcher(type).matches() && !type.equals(UNKNOWN)) {
      return type;
    }
    return BY_EXTENSION.getOrDefault(extension(filename), UNKNOWN);
  }

  /** The name's extension in lower case without the dot; empty when it has none of use. */
  static String extension(String filename) {
    String extension = filename.substring(filename.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return filename.contains(".") && extension.matches("[a-z0-9]{1,8}") ? extension : "";
  }

  /** The usual extension of a media type; empty when unknown. */
  static String extensionOf(String contentType) {
    String type = of(contentType, "");
    return switch (type) {
      case "image/jpeg" -> "jpg";
      case "audio/ogg" -> "opus";
      default ->
          BY_EXTENSION.entrySet().stream()
              .filter(entry -> entry.getValue().equals(type))
              .map(Map.Entry::getKey)
              .findFirst()
              .orElse("");
    };
  }
}
