package io.comfyfleet.worker.comfy;

import java.net.URI;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How this worker reaches its ComfyUI.
 *
 * @param url base address, http or https, with an optional path before ComfyUI's routes
 * @param connectTimeout longest wait for a connection
 * @param requestTimeout longest wait for the answer to one call; uploads and downloads have their
 *     own. Too small and a ComfyUI whose interpreter is held by a node looks unreachable
 * @param firstPoll wait before the first look at a running prompt; later looks wait longer
 * @param longestPoll longest wait between two looks at a running prompt
 * @param patience how long ComfyUI may fail to answer during a job before the node closes and the
 *     job goes to another
 * @param pingInterval how often the websocket is pinged; three silent intervals end it
 * @param deafAfter a websocket that has told nothing for so long after a prompt was submitted is
 *     deaf and is opened anew
 */
@ConfigurationProperties("fleet.comfy")
public record ComfyProperties(
    @DefaultValue("http://127.0.0.1:8188") URI url,
    @DefaultValue("5s") Duration connectTimeout,
    @DefaultValue("30s") Duration requestTimeout,
    @DefaultValue("1s") Duration firstPoll,
    @DefaultValue("5s") Duration longestPoll,
    @DefaultValue("10s") Duration patience,
    @DefaultValue("5s") Duration pingInterval,
    @DefaultValue("5s") Duration deafAfter) {

  /**
   * Checks the address and cuts a slash at its end.
   *
   * @throws IllegalArgumentException when it is no absolute http or https address
   */
  public ComfyProperties {
    String scheme = String.valueOf(url.getScheme());
    if (url.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(
          "fleet.comfy.url must be an absolute http or https address such as"
              + " http://127.0.0.1:8188, was \""
              + url
              + "\"");
    }
    String text = url.toString();
    url = text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : url;
  }
}
