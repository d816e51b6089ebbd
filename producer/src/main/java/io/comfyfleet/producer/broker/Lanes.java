package io.comfyfleet.producer.broker;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import io.comfyfleet.telemetry.LogKeys;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * The lanes there are: each type's own, those of the configuration, and those that an operator
 * declared. Thread-safe.
 */
@Component
public class Lanes {
  private static final Logger log = LoggerFactory.getLogger(Lanes.class);

  private final LaneTable table;
  private final Set<String> fixed = new LinkedHashSet<>();
  private volatile List<String> declared;

  Lanes(LaneSettings settings, LaneTable table) {
    this.table = table;
    for (JobType type : JobType.values()) {
      fixed.add(type.wireName());
    }
    settings.lanes().forEach(lane -> fixed.add(Job.lane(lane)));
    declared = table.names();
  }

  /**
   * All names, the types' own first. What another producer declared is among them within two
   * seconds. Does not block.
   */
  public List<String> names() {
    List<String> names = new ArrayList<>(fixed);
    declared.stream().filter(lane -> !fixed.contains(lane)).forEach(names::add);
    return names;
  }

  /** Whether a lane is a type's own or of the configuration. */
  public boolean isFixed(String lane) {
    return fixed.contains(lane);
  }

  /**
   * The name, checked.
   *
   * @throws InvalidMessageException (field {@code lane}) when there is no such lane
   */
  public String require(String lane) {
    Job.lane(lane);
    // The table itself: another producer may have declared or removed it just now.
    if (!fixed.contains(lane) && !table.has(lane)) {
      throw new InvalidMessageException(
          "lane", "must be one of " + String.join(", ", names()) + ", was \"" + lane + "\"");
    }
    return lane;
  }

  @Scheduled(fixedDelay = 2_000)
  void read() {
    try {
      declared = table.names();
    } catch (DataAccessException | TransactionException e) {
      log.atDebug()
          .addKeyValue(LogKeys.REASON, e.getMessage())
          .log("lanes not read, kept as known");
    }
  }
}
