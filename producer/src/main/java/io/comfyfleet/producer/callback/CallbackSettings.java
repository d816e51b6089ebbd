package io.comfyfleet.producer.callback;

import io.comfyfleet.outbound.OutboundRule;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param allowedHosts addresses that callbacks may go to: host, host:port, *.domain, or * for every
 *     public address. Too wide lets a caller reach into the operator's network.
 * @param secret key that signs each callback; a value whsec_BASE64 is decoded first. Without it
 *     callbacks are not signed.
 * @param timeout longest wait for a receiver's answer
 * @param firstDelay wait before the second try; doubles with every further one
 * @param longestDelay longest wait between two tries
 * @param giveUpAfter age at which a callback that nobody took is given up
 * @param refusals answers of the kind 4xx, after which the callback is given up; 409, 425, 429 and
 *     408 do not count. A 410, or n8n's 409 of a workflow that has finished, gives it up at once.
 * @param concurrency callbacks under way at once
 * @param keep age at which ended callbacks are forgotten
 * @param poll longest pause between two looks for due callbacks
 */
@ConfigurationProperties("fleet.callback")
record CallbackSettings(
    @DefaultValue({"localhost", "127.0.0.1"}) List<String> allowedHosts,
    @Nullable String secret,
    @DefaultValue("10s") Duration timeout,
    @DefaultValue("1s") Duration firstDelay,
    @DefaultValue("5m") Duration longestDelay,
    @DefaultValue("24h") Duration giveUpAfter,
    @DefaultValue("4") int refusals,
    @DefaultValue("16") int concurrency,
    @DefaultValue("7d") Duration keep,
    @DefaultValue("1s") Duration poll) {

  CallbackSettings {
    if (concurrency < 1 || refusals < 1) {
      throw new IllegalArgumentException(
          "fleet.callback.concurrency and fleet.callback.refusals must be at least 1");
    }
    if (longestDelay.compareTo(firstDelay) < 0) {
      throw new IllegalArgumentException(
          "fleet.callback.longest-delay must not be shorter than fleet.callback.first-delay");
    }
  }

  OutboundRule rule() {
    return new OutboundRule(allowedHosts);
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "CallbackSettings[allowedHosts=" + allowedHosts + ", signed=" + (secret != null) + "]";
  }
}
