package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.event.EventSockets;
import io.comfyfleet.simulator.execution.ExecutionLog;
import io.comfyfleet.simulator.execution.PromptRunner;
import io.comfyfleet.simulator.fault.Faults;
import io.comfyfleet.simulator.graph.NodeCatalog;
import io.comfyfleet.simulator.media.Folders;
import io.comfyfleet.simulator.queue.History;
import io.comfyfleet.simulator.queue.PromptQueue;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.vertx.core.Vertx;

/**
 * What the routes of one server life work with.
 *
 * @param vertx timers and worker threads
 * @param options the version and times
 * @param queue pending and running prompts
 * @param history finished prompts
 * @param sockets websockets
 * @param runner runs prompts
 * @param catalog node classes
 * @param folders files
 * @param faults what goes wrong
 * @param log what was run, over all lives
 * @param uploads what was uploaded, over all lives
 * @param power ends and starts server lives
 */
public record ServerParts(
    Vertx vertx,
    SimulatorOptions options,
    PromptQueue queue,
    History history,
    EventSockets sockets,
    PromptRunner runner,
    NodeCatalog catalog,
    Folders folders,
    Faults faults,
    ExecutionLog log,
    UploadLog uploads,
    Power power) {

  /** Ends and starts server lives; both return at once. */
  public interface Power {
    /** Ends this life as a killed process would, for good. */
    void crash();

    /** Ends this life and starts the next one. */
    void restart();
  }
}
