package io.comfyfleet.producer.template;

import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.producer.problem.ProblemException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows what templates there are and what they take. */
@RestController
@RequestMapping("/api/templates")
class TemplateController {
  private final Templates templates;

  TemplateController(Templates templates) {
    this.templates = templates;
  }

  @GetMapping
  TemplateList all() {
    return new TemplateList(
        templates.all().stream().map(template -> view(template, false)).toList());
  }

  @GetMapping("/{name}")
  TemplateView one(@PathVariable String name) {
    return templates
        .find(name)
        .map(template -> view(template, true))
        .orElseThrow(() ->
            new ProblemException(
                HttpStatus.NOT_FOUND,
                "template-not-found",
                "There is no template \"" + name + "\"; GET /api/templates lists them"));
  }

  private TemplateView view(Template template, boolean withGraph) {
    Map<String, Map<String, Object>> parameters = new LinkedHashMap<>();
    template.parameters().forEach((name, parameter) -> parameters.put(name, view(parameter)));
    Map<String, Map<String, Object>> inputs = new LinkedHashMap<>();
    template.inputs().forEach((name, input) -> inputs.put(name, view(input)));
    return new TemplateView(
        template.name(),
        template.type(),
        template.title(),
        template.description(),
        templates.isDefault(template),
        parameters,
        inputs,
        withGraph ? template.workflow() : null);
  }

  private static Map<String, Object> view(Parameter parameter) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("type", parameter.type());
    view.put("required", parameter.required());
    put(view, "default", parameter.defaultValue());
    if (parameter.random()) {
      view.put("random", true);
    }
    put(view, "min", parameter.min());
    put(view, "max", parameter.max());
    put(view, "multiple_of", parameter.multipleOf());
    put(view, "description", parameter.description());
    return view;
  }

  private static Map<String, Object> view(InputSlot input) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("required", input.required());
    put(view, "description", input.description());
    return view;
  }

  private static void put(Map<String, Object> view, String key, @Nullable Object value) {
    if (value != null) {
      view.put(key, value);
    }
  }

  /**
   * What there is.
   *
   * @param templates by name
   */
  record TemplateList(List<TemplateView> templates) {}

  /**
   * A template as it is shown.
   *
   * @param name what a job calls it by
   * @param type what it makes
   * @param title in a few words; null for none
   * @param description in more words; null for none
   * @param isDefault whether a job of its type gets it that names none
   * @param parameters type, whether it is required, default and limits of each, by name
   * @param inputs whether each is required, by name
   * @param workflow the graph; null in lists
   */
  record TemplateView(
      String name,
      JobType type,
      @Nullable String title,
      @Nullable String description,
      boolean isDefault,
      Map<String, Map<String, Object>> parameters,
      Map<String, Map<String, Object>> inputs,
      @Nullable Workflow workflow) {}
}
