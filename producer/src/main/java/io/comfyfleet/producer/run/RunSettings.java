package io.comfyfleet.producer.run;

import java.net.URI;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How runs are closed.
 *
 * @param publicUrl where callers reach this producer, for the links in its messages
 * @param quietPeriod how long after its last job a run of unknown size is closed, once all its jobs
 *     have ended; too short splits what belongs together. While requests wait on the intake, and
 *     for as long after it stood still, no run is closed because nothing comes
 * @param missingPeriod how long after its last job a run is closed whose remaining jobs never came
 * @param sweepInterval how often deadlines are looked at
 * @param expiryGrace how long after its time a job is given up here when no node has done so
 * @param resultBatch how many results are kept in one transaction at most
 */
@ConfigurationProperties("fleet.run")
record RunSettings(
    @DefaultValue("http://127.0.0.1:8080") URI publicUrl,
    @DefaultValue("60s") Duration quietPeriod,
    @DefaultValue("1h") Duration missingPeriod,
    @DefaultValue("1s") Duration sweepInterval,
    @DefaultValue("30s") Duration expiryGrace,
    @DefaultValue("50") int resultBatch) {}
