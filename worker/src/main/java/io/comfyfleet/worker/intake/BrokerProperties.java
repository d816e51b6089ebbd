package io.comfyfleet.worker.intake;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which kind of queues the broker has.
 *
 * @param profile {@code auto} (by the server's version), {@code quorum} or {@code classic}; the
 *     same as the producer's
 */
@ConfigurationProperties("fleet.broker")
public record BrokerProperties(@DefaultValue("auto") String profile) {}
