package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** A way the fleet is hurt. In text the constant's name in lower case with hyphens. */
enum FaultKind {
  /** A worker dies (SIGKILL) and is started again after some seconds. */
  WORKER_KILL(Target.NODE, 35, 2, 5, true),
  /** A worker stands still (SIGSTOP), now and then longer than the broker waits for heartbeats. */
  WORKER_STOP(Target.NODE, 40, 5, 40, true),
  /** The producer dies (SIGKILL) and is started again. */
  PRODUCER_KILL(Target.PRODUCER, 100, 1, 4, false),
  /** RabbitMQ stops and starts; durable queues and messages stay. */
  BROKER_RESTART(Target.BROKER, 120, 1, 3, false),
  /** The broker is out of memory and blocks everybody who publishes. */
  BROKER_ALARM(Target.BROKER, 100, 4, 15, false),
  /** ComfyUI dies and comes back with queue and history empty. */
  COMFYUI_RESTART(Target.NODE, 20, 0, 0, true),
  /** The websocket breaks, and the next one never tells anything. */
  DEAF_SOCKET(Target.NODE, 25, 0, 0, false, "deaf_socket", "socket_drop"),
  /** The websocket breaks while a prompt runs. */
  SOCKET_DROP(Target.NODE, 20, 0, 0, false, "socket_drop"),
  /** ComfyUI queues a prompt, but its answer is lost. */
  LOST_RESPONSE(Target.NODE, 20, 0, 0, false, "lost_response"),
  /** A prompt ends with an out-of-memory error. */
  OUT_OF_MEMORY(Target.NODE, 15, 0, 0, false, "out_of_memory"),
  /** Every prompt fails with a CUDA error until ComfyUI is restarted, some seconds later. */
  CUDA_FAULT(Target.NODE, 45, 6, 12, true, "cuda_fault"),
  /** ComfyUI answers HTTP but runs nothing any more, until it is restarted. */
  HANG(Target.NODE, 45, 10, 20, true, "hang"),
  /** A file that ComfyUI wrote cannot be fetched. */
  OUTPUT_GONE(Target.NODE, 20, 0, 0, true, "view_missing"),
  /** A prompt that has ended is not in the history. */
  HISTORY_EVICTED(Target.NODE, 25, 0, 0, true, "history_evicted"),
  /** Nothing passes between a worker and the broker; lasting no time, the connection is reset. */
  NETWORK_CUT(Target.NODE, 30, 5, 25, true),
  /** Nothing passes between the producer and the broker, or the connection is reset. */
  PRODUCER_CUT(Target.PRODUCER, 75, 5, 25, false),
  /** A request is sent again after it was accepted. */
  DUPLICATE_DELIVERY(Target.REQUEST, 0, 0, 0, false),
  /** A run is cancelled soon after it was accepted. */
  CANCELLED_RUN(Target.REQUEST, 0, 0, 0, false),
  /** A job takes longer than its own time limit, in every attempt. */
  DEADLINE(Target.REQUEST, 0, 0, 0, false);

  private final Target target;
  private final int everySeconds;
  private final int least;
  private final int most;
  private final boolean rendersAgain;
  private final List<String> armed;

  FaultKind(
      Target target, int everySeconds, int least, int most, boolean rendersAgain, String... armed) {
    this.target = target;
    this.everySeconds = everySeconds;
    this.least = least;
    this.most = most;
    this.rendersAgain = rendersAgain;
    this.armed = List.of(armed);
  }

  /** What a fault strikes. */
  enum Target {
    /** One worker, its connection or its machine. */
    NODE,
    /** The producer. */
    PRODUCER,
    /** The broker. */
    BROKER,
    /** A request, when it is made; planned by the {@link Workload}, not the {@link Schedule}. */
    REQUEST
  }

  Target target() {
    return target;
  }

  /** Mean time between two strikes, for six nodes; 0 for requests. */
  int everySeconds() {
    return everySeconds;
  }

  /** Shortest time it lasts, in seconds. */
  int least() {
    return least;
  }

  /** Longest time it lasts, in seconds; 0 when it is over at once. */
  int most() {
    return most;
  }

  /** Whether a job in hand may have to be rendered again because of it. */
  boolean rendersAgain() {
    return rendersAgain;
  }

  /** The simulator's faults to arm for it; empty when it is done otherwise. */
  List<String> armed() {
    return armed;
  }

  /** Whether the machine stays broken until somebody restarts ComfyUI. */
  boolean needsOperator() {
    return !armed.isEmpty() && most > 0;
  }

  /** Whether it cuts a connection: now and then with a reset, which is over at once. */
  boolean isCut() {
    return this == NETWORK_CUT || this == PRODUCER_CUT;
  }

  String wireName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The kinds of these names.
   *
   * @throws FleetFailure naming an unknown one and all that there are
   */
  static Set<FaultKind> of(List<String> names) {
    Set<FaultKind> kinds = EnumSet.noneOf(FaultKind.class);
    for (String name : names) {
      kinds.add(
          Arrays.stream(values())
              .filter(kind -> kind.wireName().equals(name.strip()))
              .findFirst()
              .orElseThrow(() ->
                  new FleetFailure("There is no fault \"" + name + "\"; there are " + all())));
    }
    return kinds;
  }

  private static String all() {
    return Arrays.stream(values()).map(FaultKind::wireName).collect(Collectors.joining(", "));
  }
}
