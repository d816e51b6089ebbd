package io.comfyfleet.broker;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ways to a RabbitMQ, tried in a fixed order: one that is given, a container, a private node of
 * an installed server. A program, not a person, calls this: every step that takes long is
 * announced.
 */
public final class Brokers {

  /** Environment variable with the URI of the broker that tests use. */
  public static final String TEST_URI = "FLEET_TEST_AMQP_URI";

  /** Environment variable that forces the kind of broker tests use: {@code container|local}. */
  public static final String TEST_KIND = "FLEET_TEST_BROKER";

  /** Environment variable with the URI of the broker that the fleet uses. */
  public static final String URI = "AMQP_URI";

  /**
   * Environment variable that forces the kind of broker the fleet uses: {@code container|local}.
   */
  public static final String KIND = "FLEET_BROKER";

  private static final String VOLUME = "comfyfleet-broker";

  private final Map<String, String> environment;
  private final Consumer<String> announce;

  /**
   * @param environment variables to decide by, usually {@link System#getenv()}
   * @param announce receives one sentence before each step that takes long or changes the machine
   */
  public Brokers(Map<String, String> environment, Consumer<String> announce) {
    this.environment = Map.copyOf(environment);
    this.announce = announce;
  }

  /**
   * A broker for tests; what is started here keeps nothing.
   *
   * @param folder where a private node may make its own folder
   * @throws BrokerUnavailable when there is none, naming the three ways to have one
   */
  public Broker findForTests(Path folder) {
    String given = environment.get(TEST_URI);
    if (given != null && !given.isBlank()) {
      return new GivenBroker(given);
    }
    return start(Kind.forced(environment, TEST_KIND), null, new TemporaryNodes(folder))
        .orElseThrow(() ->
            new BrokerUnavailable(
                "Tests need a RabbitMQ: set "
                    + TEST_URI
                    + ", or start a Docker engine, or install rabbitmq-server"));
  }

  /**
   * A broker for a demo or for real use. Installs the distribution's package when nothing else is
   * there and this user may.
   *
   * @param folder the project's own folder for a private node
   * @param lasting whether queues and messages are still there the next time
   * @throws BrokerUnavailable when there is none and none may be installed, saying what to do
   */
  public Broker findForUse(Path folder, boolean lasting) {
    String given = environment.get(URI);
    if (given != null && !given.isBlank()) {
      return new GivenBroker(given);
    }
    Optional<Kind> forced = Kind.forced(environment, KIND);
    NodeStarter nodes = lasting ? new LastingNodes(folder) : new TemporaryNodes(folder);
    String volume = lasting ? VOLUME : null;
    return start(forced, volume, nodes)
        .or(() -> {
          new PackageInstallation(announce).run();
          return start(Optional.of(Kind.LOCAL), null, nodes);
        })
        .orElseThrow(() -> new BrokerUnavailable(PackageInstallation.REMEDY));
  }

  private Optional<Broker> start(
      Optional<Kind> forced, @Nullable String volume, NodeStarter nodes) {
    if (forced.isEmpty() || forced.get() == Kind.CONTAINER) {
      Optional<Broker> container = container(forced.isPresent(), volume);
      if (container.isPresent() || forced.isPresent()) {
        return container;
      }
    }
    return ServerInstallation.find()
        .map(installation -> {
          announce.accept("Starting a private RabbitMQ node");
          return open(nodes.start(installation));
        });
  }

  private Optional<Broker> container(boolean forced, @Nullable String volume) {
    if (!ContainerNode.engineAnswers()) {
      if (forced) {
        throw new BrokerUnavailable("A container was asked for, but no Docker engine answers");
      }
      return Optional.empty();
    }
    announce.accept("Starting RabbitMQ in a container of " + ContainerNode.IMAGE);
    try {
      return Optional.of(open(ContainerNode.start(volume)));
    } catch (BrokerUnavailable e) {
      if (forced) {
        throw e;
      }
      announce.accept(e.getMessage() + "; looking for an installed server instead");
      return Optional.empty();
    }
  }

  private static Broker open(Node node) {
    try {
      return new StartedBroker(node);
    } catch (BrokerUnavailable e) {
      node.close();
      throw e;
    }
  }

  private enum Kind {
    CONTAINER,
    LOCAL;

    static Optional<Kind> forced(Map<String, String> environment, String variable) {
      return switch (environment.getOrDefault(variable, "")) {
        case "" -> Optional.empty();
        case "container" -> Optional.of(CONTAINER);
        case "local" -> Optional.of(LOCAL);
        case String other ->
            throw new BrokerUnavailable(
                variable + " is \"" + other + "\"; it must be container, local or absent");
      };
    }
  }

  private sealed interface NodeStarter {
    Node start(ServerInstallation installation);
  }

  private record TemporaryNodes(Path parent) implements NodeStarter {
    @Override
    public Node start(ServerInstallation installation) {
      return LocalNode.startTemporary(installation, parent);
    }
  }

  private record LastingNodes(Path folder) implements NodeStarter {
    @Override
    public Node start(ServerInstallation installation) {
      return LocalNode.startLasting(installation, folder);
    }
  }
}
