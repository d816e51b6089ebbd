package io.comfyfleet.producer.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.Set;
import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/** The pool of connections; migrations and transactions are Spring Boot's. */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {
  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /** Ended for idling in a transaction; a standby, or told to be read-only. */
  private static final Set<String> POSTGRES_AWAY = Set.of("25P03", "25006");

  /** H2: its file cannot be read or written, and the database is closed for it. */
  private static final Set<String> H2_AWAY = Set.of("90028", "90031", "90098");

  @Bean
  HikariDataSource dataSource(DatabaseSettings settings) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("fleet");
    config.setJdbcUrl(settings.url());
    config.setUsername(settings.username());
    config.setPassword(settings.password());
    config.setMaximumPoolSize(settings.connections());
    config.setConnectionTimeout(settings.connectionTimeout().toMillis());
    if (settings.url().startsWith("jdbc:h2:")) {
      // H2 writes a commit up to half a second late unless told otherwise; a killed producer would
      // forget work that it had answered for, and results that it had acknowledged.
      config.setConnectionInitSql("SET WRITE_DELAY 0");
    }
    if (isPostgres(settings)) {
      // Of these two the URL's word counts for more. As text: the driver ignores anything else.
      config.addDataSourceProperty(
          "socketTimeout", String.valueOf(settings.socketTimeout().toSeconds()));
      config.addDataSourceProperty("tcpKeepAlive", "true");
      config.setConnectionInitSql(
          limit(settings, "lock_timeout", settings.lockTimeout())
              + limit(
                  settings,
                  "idle_in_transaction_session_timeout",
                  settings.idleTransactionTimeout()));
    }
    return new HikariDataSource(config);
  }

  private static boolean isPostgres(DatabaseSettings settings) {
    return settings.url().startsWith("jdbc:postgresql:");
  }

  private static String limit(DatabaseSettings settings, String name, Duration limit) {
    return settings.url().contains(name) ? "" : "set " + name + " = " + limit.toMillis() + ";";
  }

  /** A migration of a large table takes the time it takes. */
  @Bean
  FlywayConfigurationCustomizer migrateWithoutLimits(DatabaseSettings settings) {
    return flyway -> {
      if (isPostgres(settings)) {
        flyway.dataSource(settings.url(), settings.username(), settings.password());
      }
    };
  }

  /** What Spring takes for a fault of ours means that the database cannot do it now. */
  @Bean
  SQLExceptionTranslator sqlExceptionTranslator() {
    SQLExceptionSubclassTranslator translator = new SQLExceptionSubclassTranslator();
    translator.setCustomTranslator((task, sql, e) -> {
      String state = String.valueOf(e.getSQLState());
      if (LOCK_NOT_AVAILABLE.equals(state)) {
        return new QueryTimeoutException(task, e);
      }
      return POSTGRES_AWAY.contains(state) || H2_AWAY.contains(state)
          ? new DataAccessResourceFailureException(task, e)
          : null;
    });
    return translator;
  }
}
