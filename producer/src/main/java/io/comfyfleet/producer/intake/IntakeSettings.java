package io.comfyfleet.producer.intake;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the intake queue is read.
 *
 * @param enabled Whether this process reads it
 * @param consumers requests taken at the same time
 */
@ConfigurationProperties("fleet.intake")
record IntakeSettings(@DefaultValue("true") boolean enabled, @DefaultValue("2") int consumers) {}
