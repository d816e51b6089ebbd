package io.comfyfleet.producer.broker;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the broker is used.
 *
 * @param profile which queue arguments it takes: {@code auto} asks its version, {@code quorum} or
 *     {@code classic} force it
 * @param confirmTimeout how long a batch waits for the broker's confirms; afterwards it is
 *     published again, which is harmless but wasted work when too short
 */
@ConfigurationProperties("fleet.broker")
record BrokerSettings(
    @DefaultValue("auto") String profile, @DefaultValue("10s") Duration confirmTimeout) {}
