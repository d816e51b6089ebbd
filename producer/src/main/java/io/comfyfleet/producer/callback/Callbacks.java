package io.comfyfleet.producer.callback;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.outbound.OutboundRule;
import java.net.URI;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Where answers are handed in for delivery. Thread-safe. */
@Component
public class Callbacks {
  private static final int URL_LENGTH = 2_000;
  private static final int HIGHEST_PORT = 65_535;

  private final OutboundRule rule;
  private final CallbackTable table;
  private final DueSignal signal;

  Callbacks(CallbackSettings settings, CallbackTable table, DueSignal signal) {
    this.rule = settings.rule();
    this.table = table;
    this.signal = signal;
  }

  /**
   * Refuses an address that could never be called. May look up the host's name.
   *
   * @param field where the address stood in the request
   * @param url the address
   * @throws InvalidMessageException when it is no http(s) address, carries a password, is too long
   *     or is not allowed by {@code fleet.callback.allowed-hosts}
   */
  public void check(String field, URI url) {
    String scheme = String.valueOf(url.getScheme());
    boolean http = scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https");
    if (url.getHost() == null || !http) {
      throw new InvalidMessageException(field, "must be an absolute http or https address");
    }
    if (url.getPort() != -1 && (url.getPort() < 1 || url.getPort() > HIGHEST_PORT)) {
      throw new InvalidMessageException(
          field, "must have a port between 1 and " + HIGHEST_PORT + ", was " + url.getPort());
    }
    if (url.getRawUserInfo() != null) {
      throw new InvalidMessageException(field, "must not carry a user name or password");
    }
    if (url.toString().length() > URL_LENGTH) {
      throw new InvalidMessageException(
          field, "must be at most " + URL_LENGTH + " characters, was " + url.toString().length());
    }
    if (!rule.allows(url)) {
      throw new InvalidMessageException(field, rule.refusal(url));
    }
  }

  /**
   * Takes an answer for delivery. Joins the caller's transaction: it is sent if and only if that
   * commits, the first time right after. The same key and address again changes nothing.
   *
   * @param url where to, checked before
   * @param idempotencyKey the same in every repeat, at most 200 characters
   * @param body JSON in UTF-8
   */
  public void add(URI url, String idempotencyKey, byte[] body) {
    table.add(url, idempotencyKey, body);
    if (TransactionSynchronizationManager.isSynchronizationActive()) {
      TransactionSynchronizationManager.registerSynchronization(
          new TransactionSynchronization() {
            @Override
            public void afterCommit() {
              signal.raise();
            }
          });
    } else {
      signal.raise();
    }
  }
}
