package io.comfyfleet.producer.dashboard;

import io.comfyfleet.producer.deadletter.DeadLetterDesk;
import io.comfyfleet.producer.deadletter.LetterDetails;
import io.comfyfleet.producer.deadletter.LetterFilter;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The dead letters. Not kept up to date by itself: each look reads the queue, and looks take turns.
 */
@Controller
class DeadController {
  private static final int PAGE = 50;

  private final DeadLetterDesk desk;
  private final JsonMapper mapper;
  private final Clock clock;

  DeadController(DeadLetterDesk desk, JsonMapper mapper, Clock clock) {
    this.desk = desk;
    this.mapper = mapper;
    this.clock = clock;
  }

  @GetMapping("/dead")
  String letters(
      @RequestParam Map<String, String> query,
      @RequestParam(defaultValue = "0") int from,
      Locale locale,
      Model model) {
    Instant now = clock.instant();
    Map<String, String> given = new LinkedHashMap<>();
    for (String name : new String[] {"reason", "node", "lane", "run", "older_than"}) {
      String value = query.getOrDefault(name, "").strip();
      if (!value.isEmpty()) {
        given.put(name, value);
      }
    }
    LetterFilter filter =
        new LetterFilter(
            given.get("reason"),
            given.get("node"),
            given.get("lane"),
            given.get("run"),
            null,
            LetterFilter.instant("older_than", given.get("older_than"), now),
            null);
    model.addAttribute("fmt", new Format(now, locale));
    model.addAttribute("given", given);
    model.addAttribute("letters", desk.list(filter, PAGE, Math.max(0, from)));
    model.addAttribute("groups", desk.groups(LetterFilter.ALL));
    model.addAttribute(
        "which", json(given.isEmpty() ? Map.of("all", true) : Map.of("filter", given)));
    model.addAttribute("from", Math.max(0, from));
    model.addAttribute("page", PAGE);
    return "dead";
  }

  @GetMapping("/dead/{id}")
  String letter(@PathVariable String id, Locale locale, Model model) {
    LetterDetails letter = desk.show(id);
    model.addAttribute("fmt", new Format(clock.instant(), locale));
    model.addAttribute("letter", letter.summary());
    model.addAttribute("history", letter.history());
    model.addAttribute("error", letter.error());
    model.addAttribute("reproduce", letter.reproduce());
    model.addAttribute("payload", json(letter.payload()));
    model.addAttribute("headers", json(letter.headers()));
    model.addAttribute("xDeath", letter.xDeath() == null ? null : json(letter.xDeath()));
    model.addAttribute("edit", edit(letter.payload()));
    return "letter";
  }

  /** What an operator most likely changes; null when the letter is no job. */
  private @Nullable String edit(Object payload) {
    if (!(mapper.valueToTree(payload) instanceof ObjectNode job) || !job.has("workflow")) {
      return null;
    }
    return json(job.retain("workflow", "timeout", "lane", "priority"));
  }

  private String json(Object value) {
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(value);
  }
}
