package io.comfyfleet.producer.node;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param missedBeats heartbeats that may fail to come before a node counts as offline
 * @param forgetAfter silence after which a node is no longer listed
 * @param settleAfter how long a producer listens before it takes silence for an answer: before that
 *     no job is given up because no node is running it or able to. At least three heartbeat
 *     intervals of the slowest node; shorter, and jobs that run are recorded as expired after a
 *     restart
 * @param eventBacklog events kept for this producer while it is slow; older ones are dropped
 */
@ConfigurationProperties("fleet.nodes")
record NodeSettings(
    @DefaultValue("3") int missedBeats,
    @DefaultValue("24h") Duration forgetAfter,
    @DefaultValue("15s") Duration settleAfter,
    @DefaultValue("10000") int eventBacklog) {}
