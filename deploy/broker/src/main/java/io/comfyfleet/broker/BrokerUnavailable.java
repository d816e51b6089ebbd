package io.comfyfleet.broker;

/** No RabbitMQ could be found, started or controlled; the text says what to do about it. */
public final class BrokerUnavailable extends RuntimeException {

  private static final long serialVersionUID = 1L;

  BrokerUnavailable(String message) {
    super(message);
  }

  BrokerUnavailable(String message, Throwable cause) {
    super(message, cause);
  }
}
