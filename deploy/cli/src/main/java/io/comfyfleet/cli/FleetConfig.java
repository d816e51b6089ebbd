package io.comfyfleet.cli;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerSettings;
import io.comfyfleet.launch.WorkerSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The file {@code ./fleet up} reads; {@code deploy/fleet.example.yaml} explains every key.
 *
 * @param broker which RabbitMQ; absent to find or start one
 * @param producer how the producer runs; absent for the defaults
 * @param nodes ComfyUI servers of this fleet that are served from here; may be empty
 * @param drainSeconds how long a worker may go on when the fleet is stopped; 120 when absent
 */
record FleetConfig(
    @Nullable BrokerConfig broker,
    ProducerConfig producer,
    List<NodeConfig> nodes,
    Integer drainSeconds) {

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  FleetConfig(
      @Nullable BrokerConfig broker,
      @Nullable ProducerConfig producer,
      @Nullable List<NodeConfig> nodes,
      @Nullable Integer drainSeconds) {
    this.broker = broker;
    this.producer = producer == null ? new ProducerConfig(null, null, null, null) : producer;
    this.nodes = nodes == null ? List.of() : List.copyOf(nodes);
    this.drainSeconds = drainSeconds == null ? 120 : drainSeconds;
    if (this.drainSeconds < 0) {
      throw new IllegalArgumentException("drain_seconds must not be negative");
    }
    var ids = new HashSet<String>();
    for (NodeConfig node : this.nodes) {
      if (!ids.add(node.id())) {
        throw new IllegalArgumentException("nodes: the id " + node.id() + " is there twice");
      }
    }
  }

  Duration drain() {
    return Duration.ofSeconds(drainSeconds);
  }

  /** Reads and checks the file. */
  static FleetConfig read(Path file) {
    try {
      return YAML.readValue(Files.readString(file), FleetConfig.class);
    } catch (IOException e) {
      throw new FleetFailure(
          "Cannot read " + file + "; begin with a copy of deploy/fleet.example.yaml", e);
    } catch (JacksonException e) {
      throw new FleetFailure(file + " is not a valid configuration: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Which RabbitMQ to use.
   *
   * @param uri its AMQP URI with credentials, not part of {@link #toString()}
   */
  record BrokerConfig(String uri) {
    BrokerConfig {
      if (uri == null || !uri.startsWith("amqp")) {
        throw new IllegalArgumentException(
            "broker.uri must be like amqp://user:password@host:5672/vhost");
      }
    }

    @Override
    public String toString() {
      return "BrokerConfig[uri=…]";
    }
  }

  /**
   * How the producer runs.
   *
   * @param address address it listens on; 127.0.0.1 when absent
   * @param port port it listens on; 8080 when absent
   * @param databaseUrl JDBC URL; an H2 file under {@code .fleet/up} when absent
   * @param store folder for output files; {@code .fleet/up/store} when absent
   */
  record ProducerConfig(
      @Nullable String address,
      @Nullable Integer port,
      @Nullable String databaseUrl,
      @Nullable Path store) {

    ProducerSettings settings(Path folder) {
      int listen = port == null ? 8080 : port;
      var defaults = ProducerSettings.onLoopback(listen, folder);
      return new ProducerSettings(
          address == null ? defaults.address() : address,
          listen,
          databaseUrl == null ? defaults.databaseUrl() : databaseUrl,
          store == null ? defaults.store() : store,
          false);
    }
  }

  /**
   * One ComfyUI server.
   *
   * @param id id of the node, unique in the fleet
   * @param comfyui its address, for example {@code http://127.0.0.1:8188}
   * @param lanes lanes it serves; image and video when absent
   * @param slots jobs at a time; 1 when absent
   */
  record NodeConfig(String id, URI comfyui, @Nullable List<String> lanes, @Nullable Integer slots) {

    NodeConfig {
      if (id == null || id.isBlank() || comfyui == null || comfyui.getHost() == null) {
        throw new IllegalArgumentException(
            "nodes: each needs an id and a comfyui address like http://127.0.0.1:8188");
      }
    }

    WorkerSettings settings(URI store, Duration drain) {
      return new WorkerSettings(
          id,
          comfyui,
          lanes == null ? WorkerSettings.DEFAULT_LANES : lanes,
          slots == null ? 1 : slots,
          store,
          drain);
    }
  }
}
