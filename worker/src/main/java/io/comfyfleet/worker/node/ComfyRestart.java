package io.comfyfleet.worker.node;

import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.worker.comfy.HealthProperties;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the operator's command that restarts a broken ComfyUI. Used by the probe's thread only. */
final class ComfyRestart {
  private static final Logger log = LoggerFactory.getLogger(ComfyRestart.class);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final HealthProperties settings;
  private Instant lastRun = Instant.MIN;

  ComfyRestart(HealthProperties settings) {
    this.settings = settings;
  }

  /** Runs it when ComfyUI has been broken for long enough and the last run is long enough ago. */
  void ifDue(Instant brokenSince, String reason) throws InterruptedException {
    Instant now = Instant.now();
    if (settings.restartCommand().isEmpty()
        || now.isBefore(brokenSince.plus(settings.restartAfter()))
        || (!lastRun.equals(Instant.MIN) && now.isBefore(lastRun.plus(settings.restartEvery())))) {
      return;
    }
    lastRun = now;
    log.atWarn().addKeyValue(LogKeys.REASON, reason).log("restarting ComfyUI");
    run();
  }

  private void run() throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(settings.restartCommand())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        log.atError().log("the command that restarts ComfyUI did not end and was killed");
      } else if (process.exitValue() != 0) {
        log.atError()
            .addKeyValue(LogKeys.OUTCOME, process.exitValue())
            .log("the command that restarts ComfyUI failed");
      }
    } catch (IOException e) {
      log.atError()
          .addKeyValue(LogKeys.REASON, e.getMessage())
          .log("the command that restarts ComfyUI cannot be run");
    }
  }
}
