package io.comfyfleet.producer.broker;

import com.rabbitmq.client.ShutdownSignalException;
import org.springframework.amqp.AmqpException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.TransactionException;

/** Tells what passes when database and broker are back from a fault of ours. */
public final class Outage {
  private Outage() {}

  /** Whether that tells that database or broker are away. */
  public static boolean is(RuntimeException e) {
    return switch (e) {
      // The database is there and refuses what it is given.
      case DataIntegrityViolationException _ -> false;
      case DataAccessException _, TransactionException _, AmqpException _ -> true;
      // Spring AMQP hands on what the client throws when it is asked for a channel.
      case ShutdownSignalException _ -> true;
      default -> false;
    };
  }
}
