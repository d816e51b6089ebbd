package io.comfyfleet.worker;

import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.BrokerProfile;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.topology.TopologyDeclaration;
import io.comfyfleet.wire.MessageCodec;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Exchange;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The producer's side of a real broker, and workers as they start in production. */
public final class TestFleet implements AutoCloseable {
  /** {@code -Dfleet.test.profile=classic} runs the tests on classic queues on any broker. */
  private static final String PROFILE = System.getProperty("fleet.test.profile", "auto");

  private static final Duration RECEIVE_WAIT = Duration.ofSeconds(30);

  private final String uri;
  private final CachingConnectionFactory connections;
  private final RabbitTemplate template;
  private final MessageCodec codec = new MessageCodec();
  private final List<ConfigurableApplicationContext> workers = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();

  /** Declares everything anew on the test class's virtual host. */
  public TestFleet(BrokerExtension broker) {
    uri = broker.uri();
    connections = new CachingConnectionFactory(URI.create(uri));
    template = new RabbitTemplate(connections);
    RabbitAdmin admin = new RabbitAdmin(connections);
    topology()
        .getDeclarablesByType(Queue.class)
        .forEach(queue -> admin.deleteQueue(queue.getName()));
    declareAgain();
  }

  /** Declares whatever is missing, as the producer does on each connection. */
  public void declareAgain() {
    RabbitAdmin admin = new RabbitAdmin(connections);
    Declarables all = topology();
    all.getDeclarablesByType(Queue.class).forEach(admin::declareQueue);
    all.getDeclarablesByType(Exchange.class).forEach(admin::declareExchange);
    all.getDeclarablesByType(Binding.class).forEach(admin::declareBinding);
  }

  private Declarables topology() {
    BrokerProfile profile =
        BrokerProfile.choose(
            PROFILE, connections.createConnection().getDelegate().getServerProperties());
    return TopologyDeclaration.of(profile, List.of("image", "video"));
  }

  /** Starts a worker with fast settings. */
  public ConfigurableApplicationContext startWorker(
      URI comfyUi, URI store, Map<String, Object> settings) {
    SpringApplicationBuilder builder =
        new SpringApplicationBuilder(WorkerApplication.class).registerShutdownHook(false);
    Map<String, Object> all = new HashMap<>();
    all.put("spring.rabbitmq.addresses", uri);
    all.put("fleet.broker.profile", PROFILE);
    all.put("fleet.comfy.url", comfyUi);
    all.put("fleet.store.url", store);
    all.put("fleet.node.id", "node-1");
    all.put("fleet.node.heartbeat-interval", "1s");
    all.put("fleet.retry.delays", "1s");
    // What still runs when a test ends is of no interest.
    all.put("fleet.drain.deadline", "5s");
    all.putAll(settings);
    List<String> arguments = new ArrayList<>();
    all.forEach((key, value) -> arguments.add("--" + key + "=" + value));
    ConfigurableApplicationContext worker = builder.run(arguments.toArray(String[]::new));
    workers.add(worker);
    return worker;
  }

  /**
   * Starts a worker as a process of its own, in the memory that one has beside a GPU.
   *
   * @param settings further ones, each {@code --key=value}
   */
  public Process startProcess(URI comfyUi, URI store, String... settings) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx96m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            WorkerApplication.class.getName(),
            "--spring.rabbitmq.addresses=" + uri,
            "--fleet.broker.profile=" + PROFILE,
            "--fleet.comfy.url=" + comfyUi,
            "--fleet.store.url=" + store,
            "--fleet.node.id=node-1"));
    command.addAll(List.of(settings));
    Process process = new ProcessBuilder(command).inheritIO().start();
    processes.add(process);
    return process;
  }

  /** A queue that gets every heartbeat from now on. */
  public String bindHeartbeats() {
    return bind("heartbeats", Topology.EVENTS, "heartbeat.#");
  }

  /** Pauses a node and returns when it says so: from then on it takes nothing. */
  public void pause(String nodeId) {
    String heartbeats = bindHeartbeats();
    tell(nodeId, new ControlMessage.Pause());
    await()
        .until(() ->
            codec.decodeEvent(message(heartbeats).getBody()) instanceof Heartbeat beat
                && beat.nodeId().equals(nodeId)
                && beat.state() == NodeState.PAUSED);
  }

  /** A queue that gets every word to all nodes from now on. */
  public String bindControl() {
    return bind("words", Topology.CONTROL, Topology.CONTROL_ALL);
  }

  private String bind(String name, String exchange, String key) {
    RabbitAdmin admin = new RabbitAdmin(connections);
    Queue queue = new Queue(name, true, false, false);
    admin.declareQueue(queue);
    admin.purgeQueue(name);
    admin.declareBinding(BindingBuilder.bind(queue).to(new TopicExchange(exchange)).with(key));
    return name;
  }

  /** Publishes a job as the producer does. */
  public void publish(Job job) {
    publish(job, new MessageProperties());
  }

  /** Publishes a job with further properties. */
  public void publish(Job job, MessageProperties properties) {
    properties.setMessageId(job.jobId().toString());
    properties.setType(job.type().wireName());
    properties.setContentType("application/json");
    properties.setPriority(job.priority());
    template.send(Topology.JOBS, job.lane(), new Message(codec.encode(job), properties));
  }

  /** Publishes bytes to a lane. */
  public void publish(String lane, byte[] body) {
    template.send(Topology.JOBS, lane, new Message(body));
  }

  /** The next result, awaited. */
  public Result result() {
    return codec.decodeResult(message(Topology.RESULTS).getBody());
  }

  /** The next message of a queue, awaited. */
  public Message message(String queue) {
    Message message = template.receive(queue, RECEIVE_WAIT.toMillis());
    if (message == null) {
      throw new AssertionError("No message in " + queue + " within " + RECEIVE_WAIT);
    }
    return message;
  }

  /** The next message of a queue if it is there by now. */
  public @Nullable Message messageNow(String queue) {
    return template.receive(queue);
  }

  /** The broker as the producer talks to it. */
  public RabbitTemplate template() {
    return template;
  }

  /** Closes a worker as SIGTERM does. */
  public void stop(ConfigurableApplicationContext worker) {
    workers.remove(worker);
    worker.close();
  }

  @Override
  public void close() {
    workers.forEach(ConfigurableApplicationContext::close);
    processes.forEach(Process::destroyForcibly);
    connections.destroy();
  }

  /** Tells a node, once it listens. */
  public void tell(String nodeId, ControlMessage word) {
    await().until(() -> isRouted(nodeId, codec.encode(word)));
  }

  private boolean isRouted(String nodeId, byte[] word) {
    return Boolean.TRUE.equals(
        template()
            .execute(channel -> {
              AtomicBoolean returned = new AtomicBoolean();
              channel.addReturnListener(message -> returned.set(true));
              channel.confirmSelect();
              channel.basicPublish(Topology.CONTROL, Topology.controlKey(nodeId), true, null, word);
              channel.waitForConfirmsOrDie(5_000);
              return !returned.get();
            }));
  }

  /** How many consumers a queue has. */
  public int consumers(String queue) {
    return Objects.requireNonNull(template.execute(c -> c.queueDeclarePassive(queue)))
        .getConsumerCount();
  }

  /** Messages that wait in a queue, as the broker counts them now. */
  public int waiting(String queue) {
    return Objects.requireNonNull(template.execute(c -> c.queueDeclarePassive(queue)))
        .getMessageCount();
  }
}
