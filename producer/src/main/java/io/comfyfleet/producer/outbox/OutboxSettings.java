package io.comfyfleet.producer.outbox;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How messages leave the database.
 *
 * @param publish Whether this process publishes. Off, what is accepted stays in the database until
 *     a process comes that does: for planned work on the broker
 * @param pollInterval how often the table is looked at without being told; finds what another
 *     process, or this one before a crash, left behind
 * @param longestPause longest wait between two tries while the broker is away
 */
@ConfigurationProperties("fleet.outbox")
record OutboxSettings(
    @DefaultValue("true") boolean publish,
    @DefaultValue("1s") Duration pollInterval,
    @DefaultValue("15s") Duration longestPause) {}
