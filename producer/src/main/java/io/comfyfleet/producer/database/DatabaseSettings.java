package io.comfyfleet.producer.database;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the state is kept.
 *
 * @param url JDBC address, {@code jdbc:h2:file:…} or {@code jdbc:postgresql:…}; PostgreSQL when
 *     there is more than one producer
 * @param username of the database
 * @param password of the database
 * @param connections connections held open at most; each costs the server memory
 * @param connectionTimeout how long a request waits for a free connection before it is refused
 * @param socketTimeout how long PostgreSQL may be silent during a statement before the connection
 *     is given up, unless the URL states {@code socketTimeout}; too short ends statements that are
 *     only slow, too long leaves everything standing when a server vanished without a word
 * @param lockTimeout how long a statement waits on PostgreSQL for a row that another session has
 *     locked, unless the URL states {@code lock_timeout}; shorter than {@code socket-timeout}
 * @param idleTransactionTimeout how long a session of a producer that vanished without a word keeps
 *     its locks on PostgreSQL, unless the URL states {@code idle_in_transaction_session_timeout}
 */
@ConfigurationProperties("fleet.database")
record DatabaseSettings(
    @DefaultValue("jdbc:h2:file:./data/fleet;LOCK_TIMEOUT=10000;DB_CLOSE_ON_EXIT=FALSE") String url,
    @DefaultValue("fleet") String username,
    @DefaultValue("") String password,
    @DefaultValue("10") int connections,
    @DefaultValue("30s") Duration connectionTimeout,
    @DefaultValue("30s") Duration socketTimeout,
    @DefaultValue("20s") Duration lockTimeout,
    @DefaultValue("60s") Duration idleTransactionTimeout) {
  DatabaseSettings {
    if (lockTimeout.compareTo(socketTimeout) >= 0) {
      throw new IllegalArgumentException(
          "fleet.database.lock-timeout must be shorter than fleet.database.socket-timeout ("
              + socketTimeout
              + "), was "
              + lockTimeout
              + ": a wait for a lock would be taken for a server that vanished");
    }
  }

  /** Leaves the password out. */
  @Override
  public String toString() {
    return "DatabaseSettings[url=" + url + ", username=" + username + "]";
  }
}
