package io.comfyfleet.producer.callback;

import io.comfyfleet.producer.callback.Callback.Status;
import io.comfyfleet.telemetry.LogKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Delivers due callbacks: one thread claims rows, a thread per row calls. A claimed row stays due
 * in the table, only later, so whatever ends this process in the middle of a call delays the
 * callback and never loses it.
 */
@Component
class Deliverer implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Deliverer.class);
  private static final Duration LEASE_MARGIN = Duration.ofSeconds(20);
  private static final Duration DATABASE_PAUSE = Duration.ofSeconds(2);
  private static final Duration CLEAN_EVERY = Duration.ofHours(1);

  private final CallbackSettings settings;
  private final CallbackTable table;
  private final Caller caller;
  private final DueSignal signal;
  private final Semaphore free;
  private volatile boolean running;
  private @Nullable Thread loop;
  private @Nullable ExecutorService calls;

  Deliverer(CallbackSettings settings, CallbackTable table, Caller caller, DueSignal signal) {
    this.settings = settings;
    this.table = table;
    this.caller = caller;
    this.signal = signal;
    this.free = new Semaphore(settings.concurrency());
  }

  @Override
  public synchronized void start() {
    ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    running = true;
    calls = executor;
    loop = Thread.ofVirtual().name("callbacks").start(() -> deliver(executor));
  }

  /**
   * Lets calls that are under way end, at most for one call's timeout. Nothing is interrupted: an
   * interrupt in the middle of a file access would close an embedded database for everyone.
   */
  @Override
  public synchronized void stop() {
    running = false;
    signal.raise();
    try {
      if (loop != null) {
        loop.join(settings.timeout());
      }
      if (calls != null) {
        calls.shutdown();
        calls.awaitTermination(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  private void deliver(ExecutorService executor) {
    Instant nextCleaning = Instant.now();
    try {
      while (running) {
        try {
          if (Instant.now().isAfter(nextCleaning)) {
            table.forgetEndedBefore(Instant.now().minus(settings.keep()));
            nextCleaning = Instant.now().plus(CLEAN_EVERY);
          }
          if (claimed(executor) == 0) {
            signal.await(settings.poll());
          }
        } catch (DataAccessException | TransactionException e) {
          log.atWarn()
              .addKeyValue(LogKeys.REASON, e.getMessage())
              .log("callbacks wait for database");
          signal.await(DATABASE_PAUSE);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes as many due callbacks as there is room for; the room is taken before the rows are. */
  private int claimed(ExecutorService executor) throws InterruptedException {
    if (!free.tryAcquire(settings.poll().toMillis(), TimeUnit.MILLISECONDS)) {
      return 0;
    }
    int room = 1 + free.drainPermits();
    List<Callback> due = List.of();
    try {
      due = table.claim(room, settings.timeout().plus(LEASE_MARGIN));
    } finally {
      free.release(room - due.size());
    }
    for (Callback callback : due) {
      executor.execute(() -> tryOnce(callback));
    }
    return due.size();
  }

  private void tryOnce(Callback callback) {
    try {
      Callback after = after(callback, caller.call(callback, table.body(callback.id())));
      table.save(after);
      if (after.status() == Status.FAILED) {
        log.atWarn()
            .addKeyValue(LogKeys.URL, callback.url().getHost())
            .addKeyValue(LogKeys.ATTEMPT, after.attempts())
            .addKeyValue(LogKeys.REASON, after.reason())
            .log("callback given up");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (DataAccessException e) {
      // The lease makes it due again; the receiver drops the repeat by its key.
      log.atWarn().addKeyValue(LogKeys.REASON, e.getMessage()).log("callback outcome not stored");
    } finally {
      free.release();
    }
  }

  private Callback after(Callback before, Answer answer) {
    return switch (answer) {
      case Answer.Taken taken ->
          ended(before, Status.DELIVERED, before.refusals(), taken.status(), null);
      case Answer.Later later ->
          again(before, before.refusals(), later.status(), later.reason(), later.notBefore());
      case Answer.Refused refused ->
          before.refusals() + 1 >= settings.refusals()
              ? ended(
                  before, Status.FAILED, before.refusals() + 1, refused.status(), refused.reason())
              : again(
                  before, before.refusals() + 1, refused.status(), refused.reason(), Duration.ZERO);
      case Answer.Gone gone ->
          ended(before, Status.FAILED, before.refusals() + 1, gone.status(), gone.reason());
    };
  }

  private Callback again(
      Callback before, int refusals, @Nullable Integer status, String reason, Duration notBefore) {
    Instant now = Instant.now();
    if (now.isAfter(before.createdAt().plus(settings.giveUpAfter()))) {
      String givenUp = "Given up after " + settings.giveUpAfter().toMinutes() + " min. " + reason;
      return ended(before, Status.FAILED, refusals, status, givenUp);
    }
    Duration asked =
        notBefore.compareTo(settings.longestDelay()) > 0 ? settings.longestDelay() : notBefore;
    Duration own = delay(before.attempts());
    Instant due = now.plus(own.compareTo(asked) > 0 ? own : asked);
    return new Callback(
        before.id(),
        before.url(),
        before.idempotencyKey(),
        Status.PENDING,
        before.attempts() + 1,
        refusals,
        due,
        status,
        reason,
        before.createdAt());
  }

  private static Callback ended(
      Callback before,
      Status status,
      int refusals,
      @Nullable Integer httpStatus,
      @Nullable String reason) {
    return new Callback(
        before.id(),
        before.url(),
        before.idempotencyKey(),
        status,
        before.attempts() + 1,
        refusals,
        Instant.now(),
        httpStatus,
        reason,
        before.createdAt());
  }

  /** Doubles from try to try; the jitter keeps many callbacks to one receiver from marching. */
  private Duration delay(int attempts) {
    double doubled = settings.firstDelay().toMillis() * Math.pow(2, Math.min(attempts, 40));
    double capped = Math.min(doubled, settings.longestDelay().toMillis());
    return Duration.ofMillis((long) (capped * ThreadLocalRandom.current().nextDouble(0.8, 1.2)));
  }
}
