package io.comfyfleet.simulator;

import io.comfyfleet.simulator.execution.Executed;
import io.comfyfleet.simulator.execution.ExecutionLog;
import io.comfyfleet.simulator.execution.JobTime;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.FaultPlan;
import io.comfyfleet.simulator.fault.Faults;
import io.comfyfleet.simulator.http.ServerParts;
import io.comfyfleet.simulator.http.Upload;
import io.comfyfleet.simulator.http.UploadLog;
import io.comfyfleet.simulator.media.Folders;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A simulated ComfyUI on 127.0.0.1.
 *
 * <p>Invariants: (1) at most one {@link ServerLife} listens, always on the same port; (2) lives
 * change on the event loop only; (3) all public methods may be called from any thread but that one,
 * and block until what they ask for has happened.
 */
public final class SimulatedComfyUi implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  /** A restart must end with a server that listens, even if the port is let go of late. */
  private static final int LISTEN_TRIES = 50;

  private static final long LISTEN_PAUSE_MS = 100;

  private final Vertx vertx;
  private final boolean ownsVertx;
  private final boolean ownsFolder;

  private final Context context;
  private final NodeState node;
  private volatile int port;
  private @Nullable ServerLife life;
  private Future<Void> restarts = Future.succeededFuture();
  private boolean closed;

  private SimulatedComfyUi(Vertx vertx, boolean ownsVertx, SimulatorOptions options)
      throws IOException {
    this.vertx = vertx;
    this.ownsVertx = ownsVertx;
    this.context = vertx.getOrCreateContext();
    Path output = options.output();
    this.ownsFolder = output == null;
    Path base = output == null ? Files.createTempDirectory("comfyui-simulator-") : output;
    this.node =
        new NodeState(
            vertx,
            options,
            new Folders(base),
            new Faults(),
            new ExecutionLog(),
            new UploadLog(),
            new JobTime(options));
    this.port = options.port();
  }

  /**
   * Starts a node with threads of its own.
   *
   * @throws IllegalStateException when the port is taken
   */
  public static SimulatedComfyUi start(SimulatorOptions options) {
    return start(threads(1), true, options);
  }

  static SimulatedComfyUi start(Vertx vertx, boolean ownsVertx, SimulatorOptions options) {
    try {
      SimulatedComfyUi started = new SimulatedComfyUi(vertx, ownsVertx, options);
      started.onLoop(started::live);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException("Creating the folders of " + options.name(), e);
    }
  }

  static Vertx threads(int loops) {
    return Vertx.vertx(
        new VertxOptions()
            .setEventLoopPoolSize(loops)
            .setWorkerPoolSize(loops)
            .setInternalBlockingPoolSize(1)
            .setUseDaemonThread(true)
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setFileCachingEnabled(false)
                    .setClassPathResolvingEnabled(false)));
  }

  /** Returns the address, without a slash at its end. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Returns the port, which stays the same over restarts. */
  public int port() {
    return port;
  }

  /** Returns the options it was started with. */
  public SimulatorOptions options() {
    return node.options();
  }

  /** Returns the faults, to arm and clear. */
  public Faults faults() {
    return node.faults();
  }

  /** Returns every run of a prompt, oldest first, over all lives. */
  public List<Executed> executed() {
    return node.log().all();
  }

  /** Returns how often a prompt was started. */
  public long executions(String promptId) {
    return executed().stream().filter(run -> run.promptId().equals(promptId)).count();
  }

  /** Returns every accepted upload, oldest first, over all lives. */
  public List<Upload> uploads() {
    return node.uploads().all();
  }

  /** Returns the base folder of output, input and temp. */
  public Path folder() {
    return node.folders().base();
  }

  /** Ends all connections with no close frame and refuses new ones until {@link #restart()}. */
  public void crash() {
    onLoop(this::die);
  }

  /**
   * Crashes if it is alive, and comes back on the same port with queue and history empty. Waits for
   * {@link Fault#SLOW_START} when that is armed.
   */
  public void restart() {
    onLoop(this::comeBack);
  }

  /** Ends it for good and deletes its temporary folder. */
  @Override
  public void close() {
    onLoop(() -> {
      closed = true;
      return die();
    });
    if (ownsVertx) {
      await(vertx.close());
    }
    if (ownsFolder) {
      delete(node.folders().base());
    }
  }

  /** One after the other: a second life would want the port before the first has let go of it. */
  private Future<Void> comeBack() {
    restarts =
        restarts
            .otherwiseEmpty()
            .compose(before -> die().otherwiseEmpty())
            .compose(dead -> live(LISTEN_TRIES));
    return restarts;
  }

  private Future<Void> live(int tries) {
    return live()
        .recover(failure -> {
          life = null;
          if (tries == 0) {
            return Future.failedFuture(failure);
          }
          Promise<Void> later = Promise.promise();
          vertx.setTimer(LISTEN_PAUSE_MS, timer -> live(tries - 1).onComplete(later));
          return later.future();
        });
  }

  private Future<Void> live() {
    Duration delay =
        node.faults().take(Fault.SLOW_START).map(FaultPlan::time).orElse(Duration.ZERO);
    if (delay.isZero()) {
      return listen();
    }
    Promise<Void> later = Promise.promise();
    vertx.setTimer(delay.toMillis(), timer -> listen().onComplete(later));
    return later.future();
  }

  private Future<Void> listen() {
    if (closed || life != null) {
      return Future.succeededFuture();
    }
    ServerLife next = new ServerLife(node, new Switch());
    life = next;
    return next.listen(port)
        .<Void>map(actual -> {
          port = actual;
          return null;
        })
        .recover(failure ->
            Future.failedFuture(
                new IllegalStateException(
                    node.options().name()
                        + " cannot listen on 127.0.0.1:"
                        + port
                        + ": choose another port, or 0",
                    failure)));
  }

  private Future<Void> die() {
    ServerLife last = life;
    life = null;
    return last == null ? Future.succeededFuture() : last.kill();
  }

  private void onLoop(Supplier<Future<Void>> action) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(now -> action.get().onComplete(done));
    await(done.future());
  }

  private void await(Future<Void> future) {
    try {
      future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          node.options().name() + " did not react within " + PATIENCE_SECONDS + " s", e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Deleting the temporary folder " + folder, e);
    }
  }

  /** Lets the server end itself, from the event loop. */
  private final class Switch implements ServerParts.Power {
    @Override
    public void crash() {
      die();
    }

    @Override
    public void restart() {
      comeBack();
    }
  }
}
