package io.comfyfleet.producer.dashboard;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.dispatch.Door;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.producer.template.Template;
import io.comfyfleet.producer.template.Templates;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import tools.jackson.databind.json.JsonMapper;

/** The templates, and a form that tries one out with a single job. */
@Controller
class TrialController {
  private static final String PARAM = "param.";
  private static final String INPUT = "input.";
  private static final String PROMPT = "prompt";

  private final Templates templates;
  private final Door door;
  private final JsonMapper mapper;

  TrialController(Templates templates, Door door, JsonMapper mapper) {
    this.templates = templates;
    this.door = door;
    this.mapper = mapper;
  }

  @GetMapping("/templates")
  String all(Model model) {
    List<Template> all =
        templates.all().stream()
            .sorted(Comparator.comparing(Template::type).thenComparing(Template::name))
            .toList();
    model.addAttribute("templates", all);
    model.addAttribute("defaults", all.stream().filter(templates::isDefault).toList());
    return "templates";
  }

  @GetMapping("/templates/{name}")
  String one(@PathVariable String name, Model model) {
    Template template = find(name);
    model.addAttribute("template", template);
    model.addAttribute("isDefault", templates.isDefault(template));
    model.addAttribute("graph", GraphDrawing.of(template.workflow()));
    if (!model.containsAttribute("given")) {
      model.addAttribute("given", Map.of());
    }
    return "template";
  }

  /** Accepts one job and shows it; shows the form again when a value is not accepted. */
  @PostMapping("/templates/{name}")
  String submit(
      @PathVariable String name,
      @RequestParam Map<String, String> form,
      Model model,
      HttpServletResponse response) {
    Template template = find(name);
    try {
      UUID jobId = door.job(mapper.writeValueAsBytes(request(template, form)), null);
      return "redirect:/jobs/" + jobId;
    } catch (InvalidMessageException e) {
      response.setStatus(HttpStatus.BAD_REQUEST.value());
      model.addAttribute("given", form);
      model.addAttribute("field", field(e.field()));
      model.addAttribute("refusal", e.getMessage());
      return one(name, model);
    }
  }

  private static Map<String, Object> request(Template template, Map<String, String> form) {
    Map<String, Object> params = new LinkedHashMap<>();
    template
        .parameters()
        .keySet()
        .forEach(name -> {
          String value = form.getOrDefault(PARAM + name, "");
          if (!value.isBlank() && !name.equals(PROMPT)) {
            params.put(name, value);
          }
        });
    List<Map<String, String>> inputs =
        template.inputs().keySet().stream()
            .filter(name -> !form.getOrDefault(INPUT + name, "").isBlank())
            .map(name -> Map.of("name", name, "url", form.get(INPUT + name).strip()))
            .toList();
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("type", template.type().wireName());
    request.put("template", template.name());
    String prompt = form.getOrDefault(PARAM + PROMPT, "");
    if (!prompt.isBlank()) {
      request.put(PROMPT, prompt);
    }
    request.put("params", params);
    request.put("inputs", inputs);
    String priority = form.getOrDefault("priority", "");
    if (!priority.isBlank()) {
      request.put("priority", priority);
    }
    return request;
  }

  /** The form's name of a request's field. */
  private static String field(String field) {
    return field.startsWith("params.")
        ? PARAM + field.substring("params.".length())
        : field.equals(PROMPT) ? PARAM + PROMPT : field;
  }

  private Template find(String name) {
    return templates
        .find(name)
        .orElseThrow(() ->
            new ProblemException(
                HttpStatus.NOT_FOUND,
                "template-not-found",
                "There is no template \"" + name + "\""));
  }
}
