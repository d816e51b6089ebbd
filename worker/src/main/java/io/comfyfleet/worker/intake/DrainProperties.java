package io.comfyfleet.worker.intake;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the worker ends.
 *
 * @param deadline how long running jobs may go on after the request to end; then they are
 *     interrupted and given back. Keep the supervisor's stop timeout longer by half a minute
 */
@ConfigurationProperties("fleet.drain")
public record DrainProperties(@DefaultValue("60s") Duration deadline) {}
