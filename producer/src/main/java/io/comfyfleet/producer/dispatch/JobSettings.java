package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Limits of jobs that state none themselves, by type.
 *
 * @param image those of image jobs
 * @param video those of video jobs
 */
@ConfigurationProperties("fleet.jobs")
record JobSettings(@DefaultValue Image image, @DefaultValue Video video) {

  /** Limits of one type. */
  sealed interface Limits {
    /** Limit of one attempt's run time. */
    Duration timeout();

    /** Failed attempts until a job is given up. */
    int maxAttempts();

    /** How long a job may wait; null for ever. */
    @Nullable Duration expiresIn();
  }

  /**
   * Limits of image jobs.
   *
   * @param timeout limit of one attempt's run time, 1 s to 24 h; too short and slow nodes fail
   *     every job, too long and a hung one is held for as long
   * @param maxAttempts failed attempts until the job is given up, 1 to 20
   * @param expiresIn how long the job may wait before it is given up unbegun; never when not set
   */
  record Image(
      @DefaultValue("60s") Duration timeout,
      @DefaultValue("3") int maxAttempts,
      @Nullable Duration expiresIn)
      implements Limits {
    Image {
      check("fleet.jobs.image", timeout, maxAttempts, expiresIn);
    }
  }

  /**
   * Limits of video jobs.
   *
   * @param timeout limit of one attempt's run time, 1 s to 24 h; too short and slow nodes fail
   *     every job, too long and a hung one is held for as long
   * @param maxAttempts failed attempts until the job is given up, 1 to 20
   * @param expiresIn how long the job may wait before it is given up unbegun; never when not set
   */
  record Video(
      @DefaultValue("1h") Duration timeout,
      @DefaultValue("3") int maxAttempts,
      @Nullable Duration expiresIn)
      implements Limits {
    Video {
      check("fleet.jobs.video", timeout, maxAttempts, expiresIn);
    }
  }

  Limits of(JobType type) {
    return switch (type) {
      case IMAGE -> image;
      case VIDEO -> video;
    };
  }

  private static void check(
      String prefix, Duration timeout, int maxAttempts, @Nullable Duration expiresIn) {
    if (timeout.compareTo(Duration.ofSeconds(1)) < 0
        || timeout.compareTo(Job.LONGEST_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          prefix + ".timeout must be between 1 s and 24 h, was " + timeout);
    }
    if (maxAttempts < 1 || maxAttempts > 20) {
      throw new IllegalArgumentException(
          prefix + ".max-attempts must be between 1 and 20, was " + maxAttempts);
    }
    if (expiresIn != null && !expiresIn.isPositive()) {
      throw new IllegalArgumentException(
          prefix + ".expires-in must be positive, or not set for never, was " + expiresIn);
    }
  }
}
