package io.comfyfleet.producer.node;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param missedBeats heartbeats that may fail to come before a node counts as offline
 * @param forgetAfter silence after which a node is no longer listed
 * @param eventBacklog events kept for this producer while it is slow; older ones are dropped
 */
@ConfigurationProperties("fleet.nodes")
record NodeSettings(
    @DefaultValue("3") int missedBeats,
    @DefaultValue("24h") Duration forgetAfter,
    @DefaultValue("10000") int eventBacklog) {}
