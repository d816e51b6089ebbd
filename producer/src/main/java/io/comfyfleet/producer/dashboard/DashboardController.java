package io.comfyfleet.producer.dashboard;

import java.util.Locale;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;

/** The pages that show what is going on. */
@Controller
class DashboardController {
  private final PageModels models;

  DashboardController(PageModels models) {
    this.models = models;
  }

  @GetMapping("/")
  String overview(Locale locale, Model model) {
    return show(Page.OVERVIEW, "", 0, locale, model);
  }

  @GetMapping("/nodes")
  String nodes(Locale locale, Model model) {
    return show(Page.NODES, "", 0, locale, model);
  }

  @GetMapping("/runs")
  String runs(@RequestParam(defaultValue = "0") int from, Locale locale, Model model) {
    return show(Page.RUNS, "", from, locale, model);
  }

  @GetMapping("/runs/{id}")
  String run(
      @PathVariable String id,
      @RequestParam(defaultValue = "0") int from,
      Locale locale,
      Model model) {
    return show(Page.RUN, id, from, locale, model);
  }

  @GetMapping("/jobs/{id}")
  String job(@PathVariable String id, Locale locale, Model model) {
    return show(Page.JOB, id, 0, locale, model);
  }

  @GetMapping("/queues")
  String queues(Locale locale, Model model) {
    return show(Page.QUEUES, "", 0, locale, model);
  }

  private String show(Page page, String id, int from, Locale locale, Model model) {
    model.addAllAttributes(models.of(page, id, from, locale));
    model.addAttribute("id", id);
    return page.template();
  }
}
