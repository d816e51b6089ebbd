package io.comfyfleet.producer.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The pool of connections; migrations and transactions are Spring Boot's. */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {
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
    return new HikariDataSource(config);
  }
}
