package io.comfyfleet.producer.problem;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * @param maxSize largest JSON body of a request. A run of many jobs with graphs of their own needs
 *     room; too large a limit lets one caller fill the memory.
 */
@ConfigurationProperties("fleet.body")
record BodySettings(@DefaultValue("16MB") DataSize maxSize) {}
