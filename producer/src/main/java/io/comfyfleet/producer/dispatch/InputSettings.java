package io.comfyfleet.producer.dispatch;

import io.comfyfleet.outbound.OutboundRule;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Files that jobs bring by address.
 *
 * @param allowedHosts addresses that a job may name: {@code host}, {@code host:port}, {@code
 *     *.domain} or {@code *} for all public ones; workers have a list of their own
 */
@ConfigurationProperties("fleet.inputs")
record InputSettings(@DefaultValue({"localhost", "127.0.0.1"}) List<String> allowedHosts) {
  OutboundRule rule() {
    return new OutboundRule(allowedHosts);
  }
}
