package io.comfyfleet.producer.dashboard;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the pages may cost.
 *
 * @param streams open pages that are kept up to date at the same time; further ones show what was
 *     true when they were opened. Each costs one connection and a look per refresh
 * @param refresh how often an open page is brought up to date
 */
@ConfigurationProperties("fleet.dashboard")
record DashboardSettings(@DefaultValue("100") int streams, @DefaultValue("1s") Duration refresh) {
  private static final Duration SHORTEST = Duration.ofMillis(100);

  DashboardSettings {
    if (streams < 0) {
      throw new IllegalArgumentException(
          "fleet.dashboard.streams must be at least 0, was " + streams);
    }
    if (refresh.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException(
          "fleet.dashboard.refresh must be at least 100ms, was " + refresh.toMillis() + "ms");
    }
  }
}
