package io.comfyfleet.producer.wrapper;

import io.comfyfleet.producer.run.RunReader;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The calls of the existing wrappers.
 *
 * @param patience how long a request that answers with the finished job is held, at most 300 s; a
 *     little less than the caller's patience, or it goes without the job's id
 */
@ConfigurationProperties("fleet.wrapper")
record WrapperSettings(@DefaultValue("290s") Duration patience) {
  WrapperSettings {
    if (patience.isNegative() || patience.toSeconds() > RunReader.LONGEST_WAIT) {
      throw new IllegalArgumentException(
          "fleet.wrapper.patience must be between 0 and "
              + RunReader.LONGEST_WAIT
              + "s, was "
              + patience);
    }
  }
}
