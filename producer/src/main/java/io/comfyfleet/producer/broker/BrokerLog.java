package io.comfyfleet.producer.broker;

import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.telemetry.LogKeys;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionListener;
import org.springframework.core.NestedExceptionUtils;

/**
 * Says once that the broker is away, and why, and once that it is there again; Spring says it on
 * each try of each consumer. Thread-safe.
 */
final class BrokerLog implements ConnectionListener {
  private static final Logger log = LoggerFactory.getLogger(BrokerLog.class);

  /** What was said last. */
  private enum State {
    THERE,
    AWAY,
    LOGIN_REFUSED
  }

  private final AtomicReference<State> said = new AtomicReference<>(State.THERE);

  @Override
  public void onCreate(@Nullable Connection connection) {
    if (said.getAndSet(State.THERE) != State.THERE) {
      log.atInfo().log("broker there again");
    }
  }

  @Override
  public void onShutDown(ShutdownSignalException signal) {
    if (!signal.isInitiatedByApplication()) {
      away(signal);
    }
  }

  @Override
  public void onFailed(Exception exception) {
    away(exception);
  }

  private void away(Exception exception) {
    Throwable cause = NestedExceptionUtils.getMostSpecificCause(exception);
    State now = cause instanceof AuthenticationFailureException ? State.LOGIN_REFUSED : State.AWAY;
    if (said.getAndSet(now) != now) {
      log.atWarn()
          .addKeyValue(LogKeys.REASON, cause)
          .log("broker away, connecting again until it is there");
    }
  }
}
