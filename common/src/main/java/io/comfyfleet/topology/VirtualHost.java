package io.comfyfleet.topology;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** The virtual host of a broker address. */
public final class VirtualHost {
  private VirtualHost() {}

  /**
   * The name as the broker knows it. In an AMQP URI it is percent-encoded, {@code %2F} being the
   * default one, and Spring Boot takes it as it stands (seen on 4.1.2).
   */
  public static String decoded(String name) {
    return name.contains("%")
        ? URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8)
        : name;
  }
}
