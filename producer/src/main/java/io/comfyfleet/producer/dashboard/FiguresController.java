package io.comfyfleet.producer.dashboard;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The figures over HTTP. */
@RestController
class FiguresController {
  private final Figures figures;

  FiguresController(Figures figures) {
    this.figures = figures;
  }

  @GetMapping("/api/stats")
  FleetStats stats() {
    return figures.stats();
  }

  @GetMapping("/api/queues")
  FleetQueues queues() {
    return figures.queues();
  }
}
