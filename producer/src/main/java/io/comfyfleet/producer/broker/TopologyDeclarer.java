package io.comfyfleet.producer.broker;

import com.rabbitmq.client.Channel;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.topology.BrokerProfile;
import io.comfyfleet.topology.TopologyDeclaration;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.Declarable;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Exchange;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionListener;
import org.springframework.amqp.rabbit.support.RabbitExceptionTranslator;

/**
 * Declares everything on each new connection, because only a connection tells the server's version
 * and a broker that came back may have lost what was there. What exists with other arguments is
 * left as it is and told once: it may serve, and deleting a queue is never ours to do.
 */
class TopologyDeclarer implements ConnectionListener {
  private static final Logger log = LoggerFactory.getLogger(TopologyDeclarer.class);

  private final BrokerSettings settings;
  private final Lanes lanes;
  private volatile @Nullable BrokerProfile told;

  TopologyDeclarer(BrokerSettings settings, Lanes lanes) {
    this.settings = settings;
    this.lanes = lanes;
  }

  @Override
  public void onCreate(Connection connection) {
    BrokerProfile profile = profile(connection);
    boolean first = told != profile;
    Declarables declarables = TopologyDeclaration.of(profile, lanes.names());
    for (Declarable declarable : declarables.getDeclarables()) {
      try {
        declare(connection, declarable);
      } catch (IOException | TimeoutException | AmqpException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        log.atError()
            .addKeyValue(LogKeys.QUEUE, declarable)
            .addKeyValue(LogKeys.REASON, cause.getMessage())
            .log("cannot declare; delete or migrate what is there under this name");
      }
    }
    told = profile;
    if (first) {
      log.atInfo()
          .addKeyValue(LogKeys.STATE, profile)
          .addKeyValue(LogKeys.COUNT, declarables.getDeclarables().size())
          .log("topology declared");
    }
  }

  /**
   * Declares one lane on a connection that has the rest.
   *
   * @throws AmqpException when the broker does not do it
   */
  void declareLane(Connection connection, String lane) {
    for (Declarable declarable :
        TopologyDeclaration.ofLane(profile(connection), lane).getDeclarables()) {
      try {
        declare(connection, declarable);
      } catch (IOException | TimeoutException e) {
        throw RabbitExceptionTranslator.convertRabbitAccessException(e);
      }
    }
  }

  private BrokerProfile profile(Connection connection) {
    return BrokerProfile.choose(settings.profile(), connection.getDelegate().getServerProperties());
  }

  private static void declare(Connection connection, Declarable declarable)
      throws IOException, TimeoutException {
    // A refused declaration closes its channel, so each has its own.
    try (Channel channel = connection.createChannel(false)) {
      switch (declarable) {
        case Exchange exchange ->
            channel.exchangeDeclare(
                exchange.getName(),
                exchange.getType(),
                exchange.isDurable(),
                exchange.isAutoDelete(),
                exchange.getArguments());
        case Queue queue ->
            channel.queueDeclare(
                queue.getName(),
                queue.isDurable(),
                queue.isExclusive(),
                queue.isAutoDelete(),
                queue.getArguments());
        case Binding binding ->
            channel.queueBind(
                binding.getDestination(),
                binding.getExchange(),
                binding.getRoutingKey(),
                binding.getArguments());
        default -> throw new IllegalStateException("Nobody declares a " + declarable.getClass());
      }
    }
  }
}
