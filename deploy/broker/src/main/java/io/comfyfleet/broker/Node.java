package io.comfyfleet.broker;

/** The running server behind a {@link StartedBroker}: where it listens and how to command it. */
sealed interface Node extends AutoCloseable permits ContainerNode, LocalNode {

  /** What people call this kind of node. */
  String kind();

  /** Host name or address under which the ports below are reached. */
  String host();

  /** Port for AMQP 0-9-1. */
  int amqpPort();

  /** Port of the management HTTP API. */
  int managementPort();

  /**
   * Runs {@code rabbitmqctl} against this node and waits for it.
   *
   * @return what it printed
   * @throws BrokerUnavailable when it fails; the text holds the command and what it printed
   */
  String control(String... words);

  @Override
  void close();
}
