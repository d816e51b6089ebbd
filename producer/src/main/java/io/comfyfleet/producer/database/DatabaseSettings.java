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
 */
@ConfigurationProperties("fleet.database")
record DatabaseSettings(
    @DefaultValue("jdbc:h2:file:./data/fleet;LOCK_TIMEOUT=10000;DB_CLOSE_ON_EXIT=FALSE") String url,
    @DefaultValue("fleet") String username,
    @DefaultValue("") String password,
    @DefaultValue("10") int connections,
    @DefaultValue("30s") Duration connectionTimeout) {

  /** Leaves the password out. */
  @Override
  public String toString() {
    return "DatabaseSettings[url=" + url + ", username=" + username + "]";
  }
}
