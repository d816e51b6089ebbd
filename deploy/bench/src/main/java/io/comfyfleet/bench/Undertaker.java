package io.comfyfleet.bench;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.comfyfleet.launch.FleetFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Submits jobs and fails each for good as a worker does: its letter, then its result. */
final class Undertaker {
  static final String[] REASONS = {
    "bad_workflow", "out_of_memory", "execution_failed", "input_not_found"
  };

  private static final String LANE = "fleet.jobs.image";
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int TOGETHER = 100;

  private final Connection connection;
  private final URI producer;
  private final HttpClient http;
  private final JsonMapper mapper;

  Undertaker(Connection connection, URI producer, HttpClient http, JsonMapper mapper) {
    this.connection = connection;
    this.producer = producer;
    this.http = http;
    this.mapper = mapper;
  }

  /** Makes so many letters; how many it made. Returns when all of their jobs have ended. */
  int bury(int letters) throws IOException {
    Channel channel = connection.createChannel();
    channel.confirmSelect();
    for (int made = 0; made < letters; made += TOGETHER) {
      submit();
    }
    for (int made = 0; made < letters; made++) {
      bury(channel, made);
      if (made % TOGETHER == TOGETHER - 1) {
        confirmed(channel);
      }
    }
    long end = System.nanoTime() + LIMIT.toNanos();
    while (channel.messageCount("fleet.runs.completed") < letters / TOGETHER) {
      pause(end, "the runs to end");
    }
    return letters;
  }

  private void submit() {
    String body =
        mapper.writeValueAsString(
            Map.of(
                "jobs",
                Collections.nCopies(TOGETHER, Map.of("type", "image", "prompt", "a red fox"))));
    HttpRequest request =
        HttpRequest.newBuilder(producer.resolve("/api/runs"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    try {
      var answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new FleetFailure("/api/runs answered " + answer.body());
      }
    } catch (IOException e) {
      throw new FleetFailure("/api/runs: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted", e);
    }
  }

  private void bury(Channel channel, int number) throws IOException {
    long end = System.nanoTime() + LIMIT.toNanos();
    GetResponse got = channel.basicGet(LANE, true);
    while (got == null) {
      pause(end, "a job on " + LANE);
      got = channel.basicGet(LANE, true);
    }
    String reason = REASONS[number % REASONS.length];
    String node = "node-" + number % 6;
    String words = "Made by the bench as number " + number;
    Instant now = Instant.now();
    BasicProperties properties =
        got.getProps()
            .builder()
            .headers(
                Map.of(
                    "x-fleet-reason", reason,
                    "x-fleet-error", words,
                    "x-fleet-node", node,
                    "x-fleet-origin", LANE,
                    "x-fleet-died-at", now.toString()))
            .build();
    channel.basicPublish("fleet.dead", "", properties, got.getBody());
    channel.basicPublish("fleet", "fleet.results", null, result(got, reason, node, words, now));
  }

  private byte[] result(GetResponse got, String reason, String node, String words, Instant now) {
    JsonNode job = mapper.readTree(got.getBody());
    ObjectNode result = mapper.createObjectNode().put("version", 1);
    for (String field : new String[] {"job_id", "run_id", "index", "type", "attempt"}) {
      result.set(field, job.get(field));
    }
    result.put("status", "failed").put("node_id", node).put("ended_at", now.toString());
    result.putObject("error").put("code", reason).put("message", words).put("retryable", false);
    return mapper.writeValueAsBytes(result);
  }

  private static void confirmed(Channel channel) throws IOException {
    try {
      channel.waitForConfirmsOrDie(LIMIT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted", e);
    } catch (TimeoutException e) {
      throw new FleetFailure("The broker confirmed no letter in time", e);
    }
  }

  private static void pause(long end, String what) {
    if (System.nanoTime() > end) {
      throw new FleetFailure("Waited in vain for " + what);
    }
    LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
  }
}
