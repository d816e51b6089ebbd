package io.comfyfleet.worker.artifact;

import java.net.URI;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where outputs go.
 *
 * @param url base address of the output store, the producer as a rule
 * @param timeout limit for moving one file; too small and a large video over a slow line never
 *     arrives
 * @param patience how long a store that does not take or give a file is tried before the attempt
 *     fails and its work is lost; meanwhile the slot is held
 */
@ConfigurationProperties("fleet.store")
public record StoreProperties(
    @DefaultValue("http://127.0.0.1:8080") URI url,
    @DefaultValue("30m") Duration timeout,
    @DefaultValue("1h") Duration patience) {

  /**
   * Checks the address and cuts a slash at its end.
   *
   * @throws IllegalArgumentException when it is no absolute http or https address
   */
  public StoreProperties {
    String scheme = String.valueOf(url.getScheme());
    if (url.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(
          "fleet.store.url must be an absolute http or https address such as"
              + " http://127.0.0.1:8080, was \""
              + url
              + "\"");
    }
    String text = url.toString();
    url = text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : url;
  }
}
