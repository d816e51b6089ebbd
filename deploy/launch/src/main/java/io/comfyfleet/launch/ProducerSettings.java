package io.comfyfleet.launch;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * How to run a producer.
 *
 * @param address address it listens on
 * @param port port it listens on
 * @param databaseUrl JDBC URL
 * @param store folder for output files
 * @param modelFree whether a plain prompt is rendered by templates that need no model file, so that
 *     any ComfyUI can serve it
 */
public record ProducerSettings(
    String address, int port, String databaseUrl, Path store, boolean modelFree) {

  /** The database closes when its pool does, after the last write, not before. */
  private static final String H2_OPTIONS = ";LOCK_TIMEOUT=10000;DB_CLOSE_ON_EXIT=FALSE";

  /** A producer on loopback whose database and files are in {@code folder}. */
  public static ProducerSettings onLoopback(int port, Path folder) {
    return new ProducerSettings(
        "127.0.0.1",
        port,
        "jdbc:h2:file:" + folder.resolve("database").toAbsolutePath() + H2_OPTIONS,
        folder.resolve("store"),
        false);
  }

  /** The same with templates that need no model file. */
  public ProducerSettings withoutModels() {
    return new ProducerSettings(address, port, databaseUrl, store, true);
  }

  /** Where a program on the same machine reaches it. */
  public URI url() {
    String host = "0.0.0.0".equals(address) ? "127.0.0.1" : address;
    return URI.create("http://" + host + ":" + port);
  }

  /** The same as environment variables; the broker is not among them. */
  public Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("SERVER_PORT", Integer.toString(port));
    environment.put("SERVER_ADDRESS", address);
    environment.put("FLEET_DATABASE_URL", databaseUrl);
    environment.put("FLEET_STORE_DIRECTORY", store.toAbsolutePath().toString());
    environment.put("FLEET_STORE_PUBLIC_URL", url().toString());
    if (modelFree) {
      environment.put("FLEET_TEMPLATE_IMAGE", "demo-image");
      environment.put("FLEET_TEMPLATE_VIDEO", "demo-video");
    }
    return environment;
  }
}
