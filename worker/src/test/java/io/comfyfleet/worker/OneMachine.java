package io.comfyfleet.worker;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.wire.MessageCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.amqp.core.Message;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * What a test of a whole worker needs, new for each: a virtual host with the fleet's queues, an
 * output store, and one machine. The worker itself is started by the test, with its settings.
 */
abstract class OneMachine {
  static {
    // Spring's threads may stumble over the end of an earlier test's worker.
    Awaitility.doNotCatchUncaughtExceptionsByDefault();
  }

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  static final String IMAGE = "fleet.jobs.image";

  final MessageCodec codec = new MessageCodec();
  TestFleet fleet;
  TestStore store;
  SimulatedComfyUi comfy;

  @BeforeEach
  void startMachine() {
    fleet = new TestFleet(BROKER);
    store = new TestStore();
    comfy = SimulatedComfyUi.start(SimulatorOptions.defaults());
  }

  @AfterEach
  void stopMachine() {
    fleet.close();
    comfy.close();
    store.close();
  }

  /** A worker named {@code node-1} beside the machine, with fast settings. */
  ConfigurableApplicationContext startWorker() {
    return startWorker(Map.of());
  }

  /** As {@link #startWorker()}, with further settings. */
  ConfigurableApplicationContext startWorker(Map<String, Object> settings) {
    return fleet.startWorker(comfy.url(), store.url(), settings);
  }

  /** Takes the next job and ends the connection, as a worker that is killed does. */
  void takeAndDie() throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(BROKER.uri());
    try (Connection connection = factory.newConnection()) {
      var channel = connection.createChannel();
      await().until(() -> channel.basicGet(IMAGE, false) != null);
    }
  }

  /**
   * The states in the heartbeats that have come by now.
   *
   * @param heartbeats queue of {@link TestFleet#bindHeartbeats()}
   */
  List<NodeState> states(String heartbeats) {
    List<NodeState> states = new ArrayList<>();
    for (Message beat = fleet.messageNow(heartbeats);
        beat != null;
        beat = fleet.messageNow(heartbeats)) {
      states.add(((Heartbeat) codec.decodeEvent(beat.getBody())).state());
    }
    return states;
  }
}
