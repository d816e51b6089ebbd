package io.comfyfleet.producer.broker;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Lanes of this fleet.
 *
 * @param lanes names beside {@code image} and {@code video}, such as {@code image.flux}; a job for
 *     any other lane is refused
 */
@ConfigurationProperties("fleet")
record LaneSettings(@DefaultValue List<String> lanes) {}
