package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.Faults;
import io.comfyfleet.simulator.queue.QueuedPrompt;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One run of one prompt, node after node. Event loop only; node work leaves it and comes back. */
final class PromptRun {
  private final PromptRunner runner;
  private final QueuedPrompt prompt;
  private final RunEvents events;
  private final Progress progress;
  private final Plan plan;
  private final Faults faults;
  private final int logIndex;
  private final Map<String, NodeResult> results = new HashMap<>();
  private final ObjectNode outputs = JsonMapper.shared().createObjectNode();
  private final ObjectNode meta = JsonMapper.shared().createObjectNode();
  private final List<String> executed = new ArrayList<>();
  private final List<String> rendered = new ArrayList<>();
  private @Nullable String heavy;
  private boolean silent;
  private @Nullable String current;
  private boolean interrupted;

  PromptRun(PromptRunner runner, QueuedPrompt prompt) {
    this.runner = runner;
    this.prompt = prompt;
    PromptRunner.Parts parts = runner.parts();
    this.faults = parts.faults();
    this.events = new RunEvents(parts.sockets(), prompt);
    this.progress = new Progress(prompt.id());
    this.plan = new Plan(prompt, parts.catalog(), parts.folders(), runner.cache());
    this.logIndex = parts.log().started(prompt);
  }

  void begin() {
    silent = faults.take(Fault.SILENCE).isPresent();
    events.start();
    for (String id : plan.cached()) {
      NodeResult result = runner.cache().get(plan.signature(id));
      if (result != null) {
        results.put(id, result);
      }
    }
    events.cached(plan.cached());
    if (plan.rendersSomething() && !plan.contains("TestSleep")) {
      heavy = plan.heavy().orElse(null);
    }
    next();
  }

  private void next() {
    if (runner.dead()) {
      return;
    }
    Optional<String> node = plan.next();
    if (node.isEmpty()) {
      succeed();
    } else if (plan.cached().contains(node.get())) {
      replay(node.get());
    } else {
      execute(node.get());
    }
  }

  private void replay(String node) {
    NodeResult result = results.get(node);
    if (result != null && result.ui() != null) {
      events.executed(node, result.ui());
      show(node, result.ui());
    }
    progress.finish(node);
    events.progress("progress_state", progress.state());
    next();
  }

  private void execute(String node) {
    current = node;
    progress.start(node);
    events.progress("progress_state", progress.state());
    events.executing(node);
    if (interrupted) {
      stop();
      return;
    }
    boolean isHeavy = node.equals(heavy);
    boolean takesTheTime = isHeavy || heavy == null;
    Optional<NodeFailure> failure = takesTheTime ? armedFailure() : Optional.empty();
    Duration time = timeOf(node, isHeavy);
    boolean deaf = takesTheTime && !time.isZero() && faults.take(Fault.LONG_NODE).isPresent();
    Steps steps =
        new Steps(
            runner,
            silent ? null : events,
            progress,
            node,
            () -> interrupted && !deaf,
            midway(takesTheTime));
    steps.spend(
        time,
        plan.type(node).equals("TestSleep"),
        () -> {
          if (failure.isPresent()) {
            fail(node, failure.get());
          } else {
            work(node);
          }
        },
        this::stop);
  }

  private Duration timeOf(String node, boolean isHeavy) {
    JsonNode inputs = prompt.graph().path(node).path("inputs");
    if (plan.type(node).equals("TestSleep")) {
      return Duration.ofMillis(Math.round(inputs.path("seconds").asDouble(0) * 1000));
    }
    Duration time = Duration.ZERO;
    if (plan.type(node).equals("CheckpointLoaderSimple")
        && runner.switchesModel(inputs.path("ckpt_name").asString(""))) {
      time = runner.parts().options().modelSwitch();
    }
    boolean video =
        plan.contains("SaveVideo")
            || plan.contains("SaveWEBM")
            || plan.contains("VHS_VideoCombine");
    return isHeavy ? time.plus(runner.times().next(video)) : time;
  }

  private Optional<NodeFailure> armedFailure() {
    if (runner.cudaBroken()) {
      return Optional.of(
          new NodeFailure(
              "RuntimeError",
              "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be"
                  + " asynchronously reported at some other API call, so the stacktrace below might"
                  + " be incorrect.\n"));
    }
    if (faults.take(Fault.OUT_OF_MEMORY).isPresent()) {
      return Optional.of(
          new NodeFailure(
              "torch.OutOfMemoryError",
              "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of"
                  + " 23.64 GiB of which 1.12 GiB is free.\n"));
    }
    return faults
        .take(Fault.EXECUTION_ERROR)
        .map(plan -> new NodeFailure("RuntimeError", "Armed by the simulator\n"));
  }

  /** The faults that strike in the middle of the node that takes the prompt's time. */
  private Runnable midway(boolean takesTheTime) {
    return () -> {
      String node = current;
      if (node == null || !takesTheTime) {
        return;
      }
      faults.take(Fault.PROGRESS_FLOOD).ifPresent(plan -> flood(node, plan.number(2000)));
      faults
          .take(Fault.OVERSIZED_FRAME)
          .ifPresent(plan -> {
            ObjectNode data = JsonMapper.shared().createObjectNode();
            data.put("filler", "x".repeat(plan.number(2 << 20)));
            events.progress("simulator.oversized", data);
          });
      if (faults.take(Fault.EXECUTION_BLOCKED).isPresent()) {
        NodeFailure blocked =
            new NodeFailure("ExecutionBlocked", "Execution Blocked: by the graph");
        events.error(node, plan.type(node), executed, plan.left(), blocked);
      }
      if (faults.take(Fault.SOCKET_DROP).isPresent()) {
        runner.parts().dropSockets().run();
      }
      if (faults.take(Fault.RESTART).isPresent()) {
        runner.parts().crash().run();
      }
    };
  }

  private void flood(String node, int messages) {
    for (int i = 0; i < messages; i++) {
      events.step(progress, node, i, messages);
    }
  }

  private void work(String node) {
    if (runner.dead()) {
      return;
    }
    Map<String, Object> inputs = new HashMap<>();
    for (var input : prompt.graph().path(node).path("inputs").properties()) {
      JsonNode value = input.getValue();
      NodeResult source = plan.isLink(value) ? results.get(value.get(0).asString()) : null;
      int slot = value.path(1).asInt(0);
      boolean linked = source != null && slot < source.values().size();
      inputs.put(input.getKey(), linked ? source.values().get(slot) : value);
    }
    NodeWork.Call call =
        new NodeWork.Call(plan.type(node), inputs, AsciiJson.write(prompt.graph()));
    Vertx vertx = runner.parts().vertx();
    // Unordered: one prompt's nodes follow each other anyway, and machines must not wait for each
    // other.
    vertx
        .executeBlocking(() -> runner.work().run(call), false)
        .onSuccess(result -> done(node, result))
        .onFailure(broken -> fail(node, translated(broken)));
  }

  private static NodeFailure translated(Throwable broken) {
    return switch (broken) {
      case NodeFailure failure -> failure;
      case IOException e -> new NodeFailure("OSError", e.getMessage() + "\n");
      case OutOfMemoryError e -> new NodeFailure("RuntimeError", "DefaultCPUAllocator: " + e);
      default -> new NodeFailure(broken.getClass().getSimpleName(), broken + "\n");
    };
  }

  private void done(String node, NodeResult result) {
    if (runner.dead()) {
      return;
    }
    int sent = 0;
    for (byte[] preview : result.previews()) {
      events.step(progress, node, sent++, result.previews().size());
      events.preview(2, preview, node);
    }
    runner.cache().put(plan.signature(node), keptForCache(result));
    results.put(node, result);
    executed.add(node);
    rendered.add(node);
    if (result.ui() != null) {
      events.executed(node, result.ui());
      show(node, result.ui());
    }
    progress.finish(node);
    events.progress("progress_state", progress.state());
    next();
  }

  private static NodeResult keptForCache(NodeResult result) {
    return new NodeResult(result.values(), result.ui(), List.of());
  }

  private void show(String node, ObjectNode ui) {
    outputs.set(node, ui);
    ObjectNode entry = meta.putObject(node);
    entry.put("node_id", node).put("display_node", node);
    entry.putNull("parent_node").put("real_node_id", node);
  }

  private void succeed() {
    current = null;
    events.execution("execution_success", JsonMapper.shared().createObjectNode());
    runner.finish(this, outputs, meta, "success");
  }

  private void fail(String node, NodeFailure failure) {
    if (runner.dead()) {
      return;
    }
    current = null;
    events.error(node, plan.type(node), executed, plan.left(), failure);
    runner.finish(this, outputs, meta, "error");
  }

  private void stop() {
    String node = current;
    current = null;
    if (node != null) {
      events.interrupted(node, plan.type(node), executed);
      runner.finish(this, outputs, meta, "interrupted");
    }
  }

  void interrupt() {
    interrupted = true;
  }

  QueuedPrompt prompt() {
    return prompt;
  }

  RunEvents events() {
    return events;
  }

  int logIndex() {
    return logIndex;
  }

  List<String> rendered() {
    return rendered;
  }

  Optional<String> currentNode() {
    return Optional.ofNullable(current);
  }
}
