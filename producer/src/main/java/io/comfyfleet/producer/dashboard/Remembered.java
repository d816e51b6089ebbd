package io.comfyfleet.producer.dashboard;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is good for a while, so that many open pages cost one look. Thread-safe: one
 * caller looks, the others wait for what it finds. What is thrown is not remembered.
 */
final class Remembered<T> {
  private final Duration goodFor;
  private final Supplier<T> source;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable T value;
  private long lookedAt;

  Remembered(Duration goodFor, Supplier<T> source) {
    this.goodFor = goodFor;
    this.source = source;
  }

  T get() {
    lock.lock();
    try {
      T known = value;
      if (known == null || System.nanoTime() - lookedAt > goodFor.toNanos()) {
        known = source.get();
        value = known;
        lookedAt = System.nanoTime();
      }
      return known;
    } finally {
      lock.unlock();
    }
  }
}
