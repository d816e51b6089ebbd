package io.comfyfleet.broker;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A RabbitMQ that somebody else runs, named by its URI; it is used, never changed. */
final class GivenBroker implements Broker {

  private final AmqpAddress address;
  private final String version;

  GivenBroker(String uri) {
    address = AmqpAddress.of(uri);
    version = address.serverVersion();
  }

  @Override
  public String uri() {
    return address.uri();
  }

  @Override
  public @Nullable URI managementUri() {
    return null;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public String description() {
    return "RabbitMQ " + version + ", given by its URI, at " + address;
  }

  @Override
  public boolean isControllable() {
    return false;
  }

  @Override
  public void stop() {
    throw notOurs("stop");
  }

  @Override
  public void start() {
    throw notOurs("start");
  }

  @Override
  public void closeAllConnections() {
    throw notOurs("close the connections of");
  }

  @Override
  public void raiseMemoryAlarm() {
    throw notOurs("raise an alarm on");
  }

  @Override
  public void clearMemoryAlarm() {
    throw notOurs("clear an alarm on");
  }

  @Override
  public void consumerTimeout(Duration limit) {
    throw notOurs("set the consumer timeout of");
  }

  @Override
  public void createVirtualHost(String name) {
    throw notOurs("create virtual host " + name + " on");
  }

  @Override
  public void deleteVirtualHost(String name) {
    throw notOurs("delete virtual host " + name + " on");
  }

  @Override
  public void close() {}

  private UnsupportedOperationException notOurs(String what) {
    return new UnsupportedOperationException(
        "Cannot "
            + what
            + " the broker at "
            + address
            + ": it was given by its URI and is not ours to change");
  }
}
