package io.comfyfleet.job;

import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a job made: a file in the output store, or a text.
 *
 * @param node id of the graph's node that made it
 * @param kind what it is
 * @param artifact id in the output store; null for text
 * @param filename ComfyUI's name for the file, without folders; null for text
 * @param contentType media type; {@code text/plain} for text
 * @param sizeBytes length of the file, or of the text in UTF-8
 * @param sha256 lower-case hexadecimal; null for text
 * @param url where to fetch it; null for text
 * @param text the text itself, at most 100,000 characters; null for files
 */
public record Output(
    String node,
    OutputKind kind,
    @Nullable UUID artifact,
    @Nullable String filename,
    String contentType,
    long sizeBytes,
    @Nullable String sha256,
    @Nullable URI url,
    @Nullable String text) {

  /** Checks that a file has its store fields and a text its text. */
  public Output {
    Require.present("outputs[].node", node);
    Require.present("outputs[].kind", kind);
    Require.present("outputs[].content_type", contentType);
    if (kind == OutputKind.TEXT) {
      Require.present("outputs[].text", text);
      Require.atMost("outputs[].text", text, 100_000);
    } else {
      Require.present("outputs[].artifact", artifact);
      Require.present("outputs[].filename", filename);
      Require.present("outputs[].sha256", sha256);
      Require.present("outputs[].url", url);
    }
  }
}
