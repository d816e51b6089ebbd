package io.comfyfleet.broker;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.HostConfig;
import io.comfyfleet.process.FreePorts;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.rabbitmq.RabbitMQContainer;
import org.testcontainers.utility.DockerImageName;

/** RabbitMQ in a container, its ports published on the engine's loopback address only. */
final class ContainerNode implements Node {

  /** Image that is run; the current release line with the management plugin. */
  static final String IMAGE = "rabbitmq:4.3-management";

  private static final int AMQP = 5672;
  private static final int MANAGEMENT = 15672;

  private final RabbitMQContainer container;
  private final int amqpPort;
  private final int managementPort;

  private ContainerNode(RabbitMQContainer container, int amqpPort, int managementPort) {
    this.container = container;
    this.amqpPort = amqpPort;
    this.managementPort = managementPort;
  }

  /** Whether a Docker engine answers; asks once and remembers. */
  static boolean engineAnswers() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  /**
   * Starts a container and waits until RabbitMQ has started; pulls the image when it is not there.
   *
   * @param volume named volume that keeps the data when the container is gone; null to keep nothing
   * @throws BrokerUnavailable when the image cannot be had or does not start
   */
  static ContainerNode start(@Nullable String volume) {
    List<Integer> ports = FreePorts.onLoopback(2);
    var container = new RabbitMQContainer(DockerImageName.parse(IMAGE));
    // Fixed host ports: Docker gives random ones anew at every restart of a container.
    container.setPortBindings(
        List.of(
            "127.0.0.1:" + ports.get(0) + ":" + AMQP,
            "127.0.0.1:" + ports.get(1) + ":" + MANAGEMENT));
    if (volume != null) {
      // The node's name is made from the host name, and its data belongs to that name.
      container.withCreateContainerCmdModifier(command -> {
        command.withHostName("comfyfleet");
        HostConfig host = Objects.requireNonNull(command.getHostConfig());
        host.withBinds(Bind.parse(volume + ":/var/lib/rabbitmq"));
      });
    }
    try {
      container.start();
    } catch (ContainerLaunchException | ContainerFetchException e) {
      container.close();
      throw new BrokerUnavailable("No container of " + IMAGE + " could be started: " + e, e);
    }
    return new ContainerNode(container, ports.get(0), ports.get(1));
  }

  @Override
  public String kind() {
    return "container of " + IMAGE;
  }

  @Override
  public String host() {
    return container.getHost();
  }

  @Override
  public int amqpPort() {
    return amqpPort;
  }

  @Override
  public int managementPort() {
    return managementPort;
  }

  @Override
  public String control(String... words) {
    var command = new String[words.length + 1];
    command[0] = "rabbitmqctl";
    System.arraycopy(words, 0, command, 1, words.length);
    try {
      ExecResult result = container.execInContainer(command);
      if (result.getExitCode() != 0) {
        throw new BrokerUnavailable(
            "%s in the container ended with status %d: %s%s"
                .formatted(
                    String.join(" ", command),
                    result.getExitCode(),
                    result.getStdout(),
                    result.getStderr()));
      }
      return result.getStdout();
    } catch (IOException e) {
      throw new BrokerUnavailable("Cannot run " + String.join(" ", command) + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerUnavailable("Interrupted while running " + String.join(" ", command), e);
    }
  }

  @Override
  public void close() {
    container.stop();
  }
}
