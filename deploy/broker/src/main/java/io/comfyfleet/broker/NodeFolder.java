package io.comfyfleet.broker;

import io.comfyfleet.process.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything a private node calls its own: a folder for data, logs and the Erlang cookie, and five
 * free loopback ports. With these, nodes of one machine do not see each other, nor an installed
 * service.
 *
 * @param folder absolute path
 * @param nodeName Erlang node name; the data on disk belongs to it
 * @param ports AMQP, management, Erlang distribution, port mapper, and command line, in this order
 */
record NodeFolder(Path folder, String nodeName, List<Integer> ports) {

  /** Far above the longest job: up to 4.2 a broker knows only this one limit for all consumers. */
  private static final long CONSUMER_TIMEOUT_MS = 7L * 24 * 60 * 60 * 1000;

  NodeFolder {
    folder = folder.toAbsolutePath();
    ports = List.copyOf(ports);
  }

  /** Writes the node's configuration into the folder, over an older one. Existing data is kept. */
  static NodeFolder prepare(Path folder, String nodeName) {
    var prepared = new NodeFolder(folder, nodeName, FreePorts.onLoopback(5));
    prepared.write();
    return prepared;
  }

  int amqpPort() {
    return ports.get(0);
  }

  int managementPort() {
    return ports.get(1);
  }

  int mapperPort() {
    return ports.get(3);
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /** Variables for the server and for its command line tools. */
  Map<String, String> environment() {
    var variables = new HashMap<String, String>();
    variables.put("HOME", file("home").toString());
    variables.put("RABBITMQ_NODENAME", nodeName);
    variables.put("RABBITMQ_BASE", folder.toString());
    variables.put("RABBITMQ_MNESIA_BASE", file("data").toString());
    variables.put("RABBITMQ_LOG_BASE", file("log").toString());
    variables.put("RABBITMQ_LOGS", "-");
    variables.put("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf").toString());
    variables.put("RABBITMQ_ADVANCED_CONFIG_FILE", file("advanced.config").toString());
    variables.put("RABBITMQ_ENABLED_PLUGINS_FILE", file("enabled_plugins").toString());
    // Keeps /etc/rabbitmq/rabbitmq-env.conf, which belongs to the installed service, out of this.
    variables.put("RABBITMQ_CONF_ENV_FILE", file("rabbitmq-env.conf").toString());
    variables.put("RABBITMQ_DIST_PORT", ports.get(2).toString());
    variables.put("RABBITMQ_CTL_DIST_PORT_MIN", ports.get(4).toString());
    variables.put("RABBITMQ_CTL_DIST_PORT_MAX", Integer.toString(ports.get(4) + 20));
    variables.put("ERL_EPMD_PORT", ports.get(3).toString());
    variables.put("ERL_EPMD_ADDRESS", "127.0.0.1");
    variables.put(
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
    return variables;
  }

  private void write() {
    try {
      Files.createDirectories(file("home"));
      Files.createDirectories(file("log"));
      Files.writeString(file("rabbitmq-env.conf"), "");
      Files.writeString(file("advanced.config"), "[].\n");
      Files.writeString(file("enabled_plugins"), "[rabbitmq_management].\n");
      Files.writeString(
          file("rabbitmq.conf"),
          """
          listeners.tcp.1 = 127.0.0.1:%d
          management.tcp.ip = 127.0.0.1
          management.tcp.port = %d
          consumer_timeout = %d
          log.console = true
          """
              .formatted(amqpPort(), managementPort(), CONSUMER_TIMEOUT_MS));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot prepare the broker's folder " + folder, e);
    }
  }
}
