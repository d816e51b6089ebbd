package io.comfyfleet.producer.broker;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.springframework.stereotype.Component;

/** The lanes there are: each type's own and those that the operator added. */
@Component
public class Lanes {
  private final Set<String> names = new LinkedHashSet<>();

  Lanes(LaneSettings settings) {
    for (JobType type : JobType.values()) {
      names.add(type.wireName());
    }
    settings.lanes().forEach(lane -> names.add(Job.lane(lane)));
  }

  /** All names, the types' own first. */
  public List<String> names() {
    return List.copyOf(names);
  }

  /**
   * The name, checked.
   *
   * @throws InvalidMessageException (field {@code lane}) when there is no such lane
   */
  public String require(String lane) {
    Job.lane(lane);
    if (!names.contains(lane)) {
      throw new InvalidMessageException(
          "lane", "must be one of " + String.join(", ", names) + ", was \"" + lane + "\"");
    }
    return lane;
  }
}
