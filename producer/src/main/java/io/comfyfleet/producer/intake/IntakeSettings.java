package io.comfyfleet.producer.intake;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the intake queue is read.
 *
 * @param enabled Whether this process reads it
 * @param consumers requests taken at the same time
 * @param patience how long a request waits for a job of its run that it needs and that has not been
 *     read yet; then it is refused
 */
@ConfigurationProperties("fleet.intake")
record IntakeSettings(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("2") int consumers,
    @DefaultValue("60s") Duration patience) {}
