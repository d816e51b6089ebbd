package io.comfyfleet.producer.artifact;

import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * The output store takes no files at present, so that no new work is accepted: whoever waits for a
 * database that is away waits for this too.
 */
public final class StoreAwayException extends DataAccessResourceFailureException {
  StoreAwayException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
