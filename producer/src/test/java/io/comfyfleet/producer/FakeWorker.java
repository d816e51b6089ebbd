package io.comfyfleet.producer;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.Timings;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.JobProgress;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.node.RunningJob;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.MessageHeaders;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;

/** Speaks AMQP as workers and n8n do, step by step as a test says. */
final class FakeWorker implements AutoCloseable {
  static final MessageCodec CODEC = new MessageCodec();

  private final Connection connection;
  private final Channel channel;
  private String ear = "";
  private String inbox = "";

  FakeWorker(String uri) {
    try {
      ConnectionFactory factory = new ConnectionFactory();
      factory.setUri(uri);
      connection = factory.newConnection("fake worker");
      channel = connection.createChannel();
      channel.confirmSelect();
    } catch (Exception e) {
      throw new IllegalStateException(uri, e);
    }
  }

  /** Awaits that the producer has declared everything: the exchange of words comes last. */
  void awaitTopology() {
    Awaitility.await("the topology")
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          Channel asking = connection.createChannel();
          try {
            asking.exchangeDeclarePassive(Topology.CONTROL);
            asking.close();
            return true;
          } catch (IOException e) {
            return false;
          }
        });
  }

  /** Begins to listen to the operator's and the producer's words. */
  void listen() {
    awaitTopology();
    try {
      ear = channel.queueDeclare().getQueue();
      channel.queueBind(ear, Topology.CONTROL, "#");
    } catch (IOException e) {
      throw new IllegalStateException("listening", e);
    }
  }

  /** A queue of its own, for answers. */
  String inbox() {
    try {
      if (inbox.isEmpty()) {
        inbox = channel.queueDeclare().getQueue();
      }
      return inbox;
    } catch (IOException e) {
      throw new IllegalStateException("inbox", e);
    }
  }

  /** The next word heard since {@link #listen}; awaits it. */
  Word word() {
    Taken taken = take(ear);
    return new Word(taken.routingKey(), CODEC.decodeControl(taken.body()));
  }

  /** Whether nothing more was said so far. */
  boolean heardNothing() {
    return depth(ear) == 0;
  }

  /** A control message and to whom it went. */
  record Word(String to, ControlMessage message) {}

  /** A message taken off a queue. */
  record Taken(String routingKey, AMQP.BasicProperties properties, byte[] body) {
    Job job() {
      return CODEC.decodeJob(body);
    }

    RunCompleted run() {
      return CODEC.decodeRunCompleted(body);
    }

    String header(String name) {
      return String.valueOf(properties.getHeaders().get(name));
    }
  }

  /** The next message of a queue, acknowledged; awaits it. */
  Taken take(String queue) {
    GetResponse response =
        Awaitility.await("a message on " + queue)
            .atMost(Duration.ofSeconds(20))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> channel.basicGet(queue, true), got -> got != null);
    return new Taken(
        response.getEnvelope().getRoutingKey(), response.getProps(), response.getBody());
  }

  /** The body of the next message of a queue, acknowledged; awaits it. */
  JsonNode takeJson(String queue) {
    return MessageCodec.mapper().readTree(take(queue).body());
  }

  /** Refuses the next message of a queue; awaits it. */
  void reject(String queue, boolean requeue) {
    GetResponse response =
        Awaitility.await("a message on " + queue)
            .atMost(Duration.ofSeconds(20))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> channel.basicGet(queue, false), got -> got != null);
    try {
      channel.basicReject(response.getEnvelope().getDeliveryTag(), requeue);
    } catch (IOException e) {
      throw new IllegalStateException(queue, e);
    }
  }

  /** Sends a job where the producer finds it another node. */
  void sendElsewhere(Taken original, Job asItStands) {
    publish(Topology.FLEET, Topology.ELSEWHERE, original.properties(), CODEC.encode(asItStands));
  }

  /** Publishes a letter as a worker does. */
  void bury(Taken original, ErrorCode reason) {
    publish(
        Topology.DEAD,
        "",
        original
            .properties()
            .builder()
            .headers(
                Map.of(
                    MessageHeaders.REASON,
                    reason.wireName(),
                    MessageHeaders.ORIGIN,
                    Topology.JOBS + ".image"))
            .build(),
        original.body());
  }

  /** Fails a job for good as a worker does: the letter first, then the result. */
  void giveUp(Taken original, ErrorCode code, String message, String node, Instant at) {
    publish(
        Topology.DEAD,
        "",
        original
            .properties()
            .builder()
            .headers(
                Map.of(
                    MessageHeaders.REASON,
                    code.wireName(),
                    MessageHeaders.ERROR,
                    message,
                    MessageHeaders.NODE,
                    node,
                    MessageHeaders.ORIGIN,
                    Topology.laneQueue(original.job().lane()),
                    MessageHeaders.DIED_AT,
                    at.toString()))
            .build(),
        original.body());
    report(
        Result.ended(
            original.job(),
            ResultStatus.FAILED,
            node,
            Timings.NONE,
            new JobError(
                code, message, false, Map.of("4", Map.of("class_type", "KSampler")), "ValueError"),
            Instant.now()));
  }

  /** The first message of a queue, left where it is. */
  String peek(String queue) {
    try {
      GetResponse response = channel.basicGet(queue, false);
      channel.basicNack(response.getEnvelope().getDeliveryTag(), false, true);
      return new String(response.getBody(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(queue, e);
    }
  }

  void purge(String queue) {
    try {
      channel.queuePurge(queue);
    } catch (IOException e) {
      throw new IllegalStateException(queue, e);
    }
  }

  List<Job> takeJobs(String lane, int count) {
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      jobs.add(take(Topology.laneQueue(lane)).job());
    }
    return jobs;
  }

  long depth(String queue) {
    try {
      return channel.messageCount(queue);
    } catch (IOException e) {
      throw new IllegalStateException(queue, e);
    }
  }

  /** Awaits that all messages of the queue have been taken and settled by others. */
  void awaitEmpty(String queue) {
    Awaitility.await(queue + " is empty")
        .atMost(Duration.ofSeconds(20))
        .until(() -> channel.messageCount(queue) == 0);
  }

  /** Awaits that somebody has declared the queue. */
  void awaitQueue(String queue) {
    Awaitility.await("queue " + queue).atMost(Duration.ofSeconds(30)).until(() -> exists(queue));
  }

  void deleteQueue(String queue) {
    try {
      channel.queueDelete(queue);
    } catch (IOException e) {
      throw new IllegalStateException(queue, e);
    }
  }

  /** On a channel of its own, for asking after what is not there closes it. */
  boolean exists(String queue) throws IOException, TimeoutException {
    Channel asking = connection.createChannel();
    try {
      asking.queueDeclarePassive(queue);
      asking.close();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** As n8n sends: no properties at all, straight to the queue. */
  void sendBare(String queue, String body) {
    publish("", queue, null, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Asks for a job whose answer is to come to the {@link #inbox()}; the job's id. */
  UUID ask(String correlationId, String body) {
    UUID id = UUID.randomUUID();
    send(
        Topology.INTAKE,
        new AMQP.BasicProperties.Builder()
            .messageId(id.toString())
            .replyTo(inbox())
            .correlationId(correlationId)
            .build(),
        body);
    return id;
  }

  void send(String queue, AMQP.BasicProperties properties, String body) {
    publish("", queue, properties, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Tells on the events exchange what a node tells. */
  void tell(FleetEvent event) {
    publish(Topology.EVENTS, "event." + event.nodeId(), null, CODEC.encode(event));
  }

  /** A job in the hands of that node, first seen now. */
  static JobProgress prepare(Job job, String nodeId, boolean redelivered) {
    return new JobProgress(
        nodeId,
        job.jobId(),
        job.runId(),
        job.index(),
        job.attempt(),
        RunningJob.Phase.PREPARE,
        0,
        null,
        redelivered,
        Instant.now());
  }

  /** A sign of life of a node that serves the lane image and has these jobs in hand. */
  static Heartbeat beat(String nodeId, NodeState state, Job... jobs) {
    return beat(nodeId, state, "image", jobs);
  }

  /** A sign of life of a node that serves that lane. */
  static Heartbeat beat(String nodeId, NodeState state, String lane, Job... jobs) {
    return new Heartbeat(
        nodeId,
        state,
        null,
        URI.create("http://127.0.0.1:8188"),
        "0.33.0",
        "0.1.0",
        Map.of(lane, 1),
        1,
        null,
        Arrays.stream(jobs)
            .map(job ->
                new RunningJob(
                    job.jobId(),
                    job.runId(),
                    job.attempt(),
                    RunningJob.Phase.RUN,
                    0.5,
                    Instant.now()))
            .toList(),
        0,
        0,
        0,
        25_757_220_864L,
        18_029_215_744L,
        "9f86d081884c7d65",
        Map.of(),
        0,
        0,
        Duration.ofSeconds(20),
        Instant.now(),
        Instant.now());
  }

  void report(Result result) {
    publish(Topology.FLEET, Topology.RESULTS, null, CODEC.encode(result));
  }

  void succeed(Job job) {
    report(success(job));
  }

  /** Hands the trace of the job's message on, as a worker does. */
  void succeed(Taken taken) {
    publish(
        Topology.FLEET, Topology.RESULTS, taken.properties(), CODEC.encode(success(taken.job())));
  }

  void fail(Job job) {
    report(
        Result.ended(
            job,
            ResultStatus.FAILED,
            "gpu-1",
            Timings.NONE,
            JobError.permanent(ErrorCode.EXECUTION_FAILED, "it broke"),
            Instant.now()));
  }

  static Result success(Job job) {
    return Result.succeeded(
        job, "gpu-1", List.of(file(artifact(job))), false, new Timings(1, 2, 3, 4), Instant.now());
  }

  /** What {@link #success} says the job made. */
  static UUID artifact(Job job) {
    return UUID.nameUUIDFromBytes(("file of " + job.jobId()).getBytes(StandardCharsets.UTF_8));
  }

  private static Output file(UUID artifact) {
    return new Output(
        "9",
        OutputKind.IMAGE,
        artifact,
        "fox.png",
        "image/png",
        3,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        URI.create("http://127.0.0.1:8080/api/artifacts/" + artifact + "/fox.png"),
        null);
  }

  private void publish(String exchange, String key, AMQP.BasicProperties properties, byte[] body) {
    try {
      channel.basicPublish(exchange, key, properties, body);
      channel.waitForConfirmsOrDie(10_000);
    } catch (IOException | InterruptedException | TimeoutException e) {
      throw new IllegalStateException("publishing to " + exchange + "/" + key, e);
    }
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
