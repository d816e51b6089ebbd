package io.comfyfleet.job;

import java.util.Locale;

/** What an output is, told from its content type. On the wire the name in lower case. */
public enum OutputKind {
  /** A still or animated picture. */
  IMAGE,
  /** A video. */
  VIDEO,
  /** Sound. */
  AUDIO,
  /** A string in the result itself, no file. */
  TEXT,
  /** Any other file: a latent, a 3D model. */
  FILE;

  /** The kind of a file of that media type. */
  public static OutputKind ofContentType(String contentType) {
    String type = contentType.toLowerCase(Locale.ROOT);
    if (type.startsWith("image/")) {
      return IMAGE;
    }
    if (type.startsWith("video/")) {
      return VIDEO;
    }
    return type.startsWith("audio/") ? AUDIO : FILE;
  }
}
