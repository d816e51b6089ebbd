package io.comfyfleet.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * How to run a producer.
 *
 * @param address address it listens on
 * @param port port it listens on
 * @param databaseUrl JDBC URL
 * @param store folder for output files
 */
record ProducerSettings(String address, int port, String databaseUrl, Path store) {

  /** The database closes when its pool does, after the last write, not before. */
  private static final String H2_OPTIONS = ";LOCK_TIMEOUT=10000;DB_CLOSE_ON_EXIT=FALSE";

  /** A producer on loopback whose database and files are in {@code folder}. */
  static ProducerSettings onLoopback(int port, Path folder) {
    return new ProducerSettings(
        "127.0.0.1",
        port,
        "jdbc:h2:file:" + folder.resolve("database").toAbsolutePath() + H2_OPTIONS,
        folder.resolve("store"));
  }

  URI url() {
    String host = "0.0.0.0".equals(address) ? "127.0.0.1" : address;
    return URI.create("http://" + host + ":" + port);
  }

  Map<String, String> environment() {
    return Map.of(
        "SERVER_PORT", Integer.toString(port),
        "SERVER_ADDRESS", address,
        "FLEET_DATABASE_URL", databaseUrl,
        "FLEET_STORE_DIRECTORY", store.toAbsolutePath().toString(),
        "FLEET_STORE_PUBLIC_URL", url().toString());
  }
}
