package io.comfyfleet.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Shows a run's events on a board while it is open, in a thread of its own. Events are only for the
 * eye: when the stream breaks, the run's outcome is still read from its answer.
 */
public final class RunEvents implements AutoCloseable {

  private final ProducerClient producer;
  private final String runId;
  private final Board board;
  private final Set<Integer> shown = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private volatile @Nullable Stream<String> lines;
  private String event = "";

  /** Begins to listen; close it to stop. */
  public RunEvents(ProducerClient producer, String runId, Board board) {
    this.producer = producer;
    this.runId = runId;
    this.board = board;
    thread = Thread.ofVirtual().name("run-events").start(this::listen);
  }

  /** Shows the jobs whose end was not among the events, for the run is over. */
  public void complete(RunAnswer run) {
    for (RunAnswer.JobResult job : run.results()) {
      String nodeId = job.nodeId();
      ended(nodeId == null ? "" : nodeId, job.index(), job.isSucceeded());
    }
  }

  @Override
  public void close() {
    Stream<String> open = lines;
    if (open != null) {
      open.close();
    }
    thread.interrupt();
  }

  private void listen() {
    try (Stream<String> stream = producer.events(runId)) {
      lines = stream;
      stream.forEach(this::accept);
    } catch (IOException | UncheckedIOException | IllegalStateException e) {
      return; // see the class comment
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void accept(String line) {
    if (line.startsWith("event:")) {
      event = line.substring("event:".length()).strip();
    } else if (line.startsWith("data:")) {
      show(event, line.substring("data:".length()).strip());
    }
  }

  private void show(String name, String data) {
    JsonNode json;
    try {
      json = ProducerClient.JSON.readTree(data);
    } catch (JacksonException e) {
      return; // see the class comment
    }
    String nodeId = json.path("node_id").asString("");
    int index = json.path("index").asInt(0);
    switch (name) {
      case "progress" -> board.progress(nodeId, index, json.path("progress").asDouble(0));
      case "result" -> ended(nodeId, index, "succeeded".equals(json.path("status").asString("")));
      default -> {
        return; // an event of a newer producer
      }
    }
  }

  private void ended(String nodeId, int index, boolean succeeded) {
    if (shown.add(index)) {
      board.ended(nodeId, index, succeeded);
    }
  }
}
