package io.comfyfleet.producer.dashboard;

import java.util.List;
import java.util.Locale;

/** The pages that change while they are looked at, and the parts of each that are sent anew. */
enum Page {
  /** The fleet at a glance. */
  OVERVIEW("troubles", "figures", "throughput", "machines", "latest"),
  /** Every node. */
  NODES("nodes"),
  /** The runs, newest first. */
  RUNS("runs"),
  /** One run. */
  RUN("digest", "timeline", "gallery"),
  /** One job. */
  JOB("job"),
  /** What waits where. */
  QUEUES("queues");

  private final List<String> parts;

  Page(String... parts) {
    this.parts = List.of(parts);
  }

  /** Names of the template's fragments that change. */
  List<String> parts() {
    return parts;
  }

  /** Name of the template. */
  String template() {
    return name().toLowerCase(Locale.ROOT);
  }
}
