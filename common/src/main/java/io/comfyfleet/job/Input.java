package io.comfyfleet.job;

import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A file that a job needs. The worker fetches it, uploads it to its ComfyUI and puts the name that
 * ComfyUI answers with where the graph says {@code fleet-input:NAME}. Exactly one source is given.
 *
 * @param name placeholder name, at most 64 characters
 * @param url http or https address; the operator's list of allowed addresses applies
 * @param artifact id of an output of an earlier job in the output store
 */
public record Input(String name, @Nullable URI url, @Nullable UUID artifact) {

  /**
   * Checks name and source.
   *
   * @throws InvalidMessageException when neither or both sources are given or the URL is not
   *     http(s)
   */
  public Input {
    Require.name("inputs[].name", name, 64);
    if ((url == null) == (artifact == null)) {
      throw new InvalidMessageException(
          "inputs[" + name + "]", "must have exactly one of url and artifact");
    }
    if (url != null) {
      String scheme = url.getScheme();
      if (url.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
        throw new InvalidMessageException(
            "inputs[" + name + "].url", "must be an absolute http or https address");
      }
    }
  }
}
