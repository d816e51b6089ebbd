package io.comfyfleet.broker;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A RabbitMQ of our own, in a container or as a private node: the same handles on both, through the
 * server's {@code rabbitmqctl} and its management HTTP API.
 */
final class StartedBroker implements Broker {

  private static final String DEFAULT_WATERMARK = "0.4";
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Node node;
  private final AmqpAddress address;
  private final ManagementApi management;
  private final String version;

  StartedBroker(Node node) {
    this.node = node;
    address = AmqpAddress.of("amqp://guest:guest@" + node.host() + ":" + node.amqpPort());
    management = new ManagementApi(node.host(), node.managementPort());
    awaitReady();
    version = address.serverVersion();
  }

  @Override
  public String uri() {
    return address.uri();
  }

  @Override
  public @Nullable URI managementUri() {
    return management.base();
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public String description() {
    return "RabbitMQ " + version + ", " + node.kind() + ", at " + address;
  }

  @Override
  public boolean isControllable() {
    return true;
  }

  @Override
  public void stop() {
    node.control("stop_app");
  }

  @Override
  public void start() {
    node.control("start_app");
    awaitReady();
  }

  @Override
  public void closeAllConnections() {
    node.control("close_all_connections", "--global", "closed by a fault handle");
  }

  @Override
  public void raiseMemoryAlarm() {
    node.control("set_vm_memory_high_watermark", "0");
  }

  @Override
  public void clearMemoryAlarm() {
    node.control("set_vm_memory_high_watermark", DEFAULT_WATERMARK);
  }

  @Override
  public void consumerTimeout(Duration limit) {
    node.control(
        "eval", "application:set_env(rabbit, consumer_timeout, " + limit.toMillis() + ").");
  }

  @Override
  public void createVirtualHost(String name) {
    management.createVirtualHost(name);
  }

  @Override
  public void deleteVirtualHost(String name) {
    management.deleteVirtualHost(name);
  }

  @Override
  public void close() {
    node.close();
  }

  private void awaitReady() {
    management.awaitReady(START_LIMIT);
    // RabbitMQ opens the management listener before the AMQP one, so one answer is not enough.
    address.awaitAccepting(START_LIMIT);
  }
}
