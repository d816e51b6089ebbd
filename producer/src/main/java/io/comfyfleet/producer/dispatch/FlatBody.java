package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.JobType;
import io.comfyfleet.producer.template.Template;
import io.comfyfleet.producer.template.Templates;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a job request of the flat bodies that wrappers around ComfyUI take, such as {@code
 * {"prompt": "a red fox", "width": 768, "seed": 7}}: what the template knows as a parameter goes
 * into {@code params} ({@code negative_prompt} as {@code negative}), {@code NAME_url} of one of its
 * inputs into {@code inputs}. What already has a place in a request keeps it; what nobody knows is
 * ignored, as everywhere.
 */
@Component
class FlatBody {
  private static final String URL_SUFFIX = "_url";
  private static final String NEGATIVE = "negative";
  private static final String NEGATIVE_PROMPT = "negative_prompt";
  private static final Set<String> JOB_FIELDS =
      Arrays.stream(JobRequest.class.getRecordComponents())
          .map(part -> part.getName().replaceAll("[A-Z]", "_$0").toLowerCase(Locale.ROOT))
          .collect(Collectors.toUnmodifiableSet());

  private final Templates templates;

  FlatBody(Templates templates) {
    this.templates = templates;
  }

  /**
   * The request of a job of that type.
   *
   * @throws InvalidMessageException when the body names another type, or one parameter twice
   */
  ObjectNode job(JobType type, Fields fields) {
    String named = fields.text("type");
    if (named != null && !named.equals(type.wireName())) {
      throw new InvalidMessageException(
          "type", "must be " + type.wireName() + " or absent here, was \"" + named + "\"");
    }
    ObjectNode job = fields.json().deepCopy();
    job.put("type", type.wireName());
    if (fields.any("workflow") != null) {
      return job;
    }
    templates.find(type, fields.name("template")).ifPresent(template -> fold(job, template));
    return job;
  }

  private void fold(ObjectNode job, Template template) {
    if (!job.hasNonNull("params") || job.get("params").isObject()) {
      ObjectNode params = job.withObjectProperty("params");
      for (String name : template.parameters().keySet()) {
        move(job, name, params, name);
      }
      if (template.parameters().containsKey(NEGATIVE)) {
        move(job, NEGATIVE_PROMPT, params, NEGATIVE);
      }
    }
    if (!job.hasNonNull("inputs") || job.get("inputs").isArray()) {
      ArrayNode inputs = job.withArrayProperty("inputs");
      for (String name : template.inputs().keySet()) {
        if (job.hasNonNull(name + URL_SUFFIX)) {
          inputs.addObject().put("name", name).set("url", job.get(name + URL_SUFFIX));
        }
      }
    }
  }

  private static void move(ObjectNode job, String field, ObjectNode params, String parameter) {
    if (!job.hasNonNull(field) || JOB_FIELDS.contains(field)) {
      return;
    }
    if (params.hasNonNull(parameter)) {
      throw new InvalidMessageException(
          field, "is given twice, also as params." + parameter + "; give it once");
    }
    params.set(parameter, job.get(field));
  }
}
