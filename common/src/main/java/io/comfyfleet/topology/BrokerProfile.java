package io.comfyfleet.topology;

import java.util.Locale;
import java.util.Map;

/**
 * Which queue arguments a broker takes. Chosen from the server's version, overridable.
 *
 * <p>RabbitMQ 4.3 refuses {@code x-max-priority} on quorum queues and {@code x-consumer-timeout} on
 * classic ones with 406 (seen on 4.3.6), so the same arguments cannot serve both.
 */
public enum BrokerProfile {
  /** RabbitMQ 4.3 and newer: replicated, 32 strict priorities, delivery limit, consumer timeout. */
  QUORUM,
  /** RabbitMQ 3.10 to 4.2: durable classic queues with ten priorities. */
  CLASSIC;

  /**
   * The profile for a server.
   *
   * @param serverVersion such as {@code 4.3.6} or {@code 3.10.8}, from the server's properties
   * @throws IllegalArgumentException when it is no version
   */
  public static BrokerProfile forServer(String serverVersion) {
    String[] parts = serverVersion.split("[.\\-+~]");
    try {
      int major = Integer.parseInt(parts[0]);
      int minor = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
      return major > 4 || (major == 4 && minor >= 3) ? QUORUM : CLASSIC;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "The broker calls its version \""
              + serverVersion
              + "\", which is none; set the profile to quorum or classic",
          e);
    }
  }

  /**
   * The profile that a setting and a server ask for.
   *
   * @param setting {@code auto}, {@code quorum} or {@code classic}
   * @param serverProperties the server's properties as the connection got them
   * @throws IllegalArgumentException for any other setting
   */
  public static BrokerProfile choose(String setting, Map<String, Object> serverProperties) {
    return switch (setting.toLowerCase(Locale.ROOT)) {
      case "auto" -> forServer(String.valueOf(serverProperties.get("version")));
      case "quorum" -> QUORUM;
      case "classic" -> CLASSIC;
      default ->
          throw new IllegalArgumentException(
              "The broker profile must be auto, quorum or classic, was \"" + setting + "\"");
    };
  }
}
