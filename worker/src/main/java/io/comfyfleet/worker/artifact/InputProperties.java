package io.comfyfleet.worker.artifact;

import io.comfyfleet.outbound.OutboundRule;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Where input files may come from, and how large they may be.
 *
 * @param allowedHosts hosts that a job's input address may name: {@code host}, {@code host:port},
 *     {@code *.domain}, or {@code *} for every public address. The output store is always allowed
 * @param maxSize largest file; ComfyUI itself takes 100 MB unless told otherwise
 * @param timeout limit for moving one file
 */
@ConfigurationProperties("fleet.inputs")
public record InputProperties(
    @DefaultValue({"localhost", "127.0.0.1"}) List<String> allowedHosts,
    @DefaultValue("100MB") DataSize maxSize,
    @DefaultValue("2m") Duration timeout) {
  OutboundRule rule() {
    return new OutboundRule(allowedHosts);
  }
}
