package io.comfyfleet.producer.template;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.JobType;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** All templates by name. Read at start. Thread-safe. */
public class Templates {
  private final Map<String, Template> templates;
  private final TemplateSettings settings;
  private final RandomGenerator random;

  /**
   * @param random draws the seeds; must be thread-safe
   * @throws BadTemplateException when a file cannot be used, or a type's default is not there
   */
  Templates(TemplateSettings settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
    this.templates = new TemplateFolders(settings).read();
    for (JobType type : JobType.values()) {
      String name = settings.defaultFor(type);
      Template template = templates.get(name);
      if (template == null || template.type() != type) {
        throw new BadTemplateException(
            "fleet.template." + type.wireName(),
            "is \""
                + name
                + "\", which is no template that makes "
                + type.wireName()
                + "; there are "
                + templates.keySet());
      }
    }
  }

  /**
   * Fills a template in.
   *
   * @param type what the job makes
   * @param template its name; null for the type's default
   * @param prompt value of the parameter {@code prompt}; null when not given
   * @param params the other parameters by name; null values count as not given
   * @param inputNames names of the input files that the job brings
   * @throws InvalidMessageException naming the field: {@code template}, {@code prompt}, {@code
   *     params.NAME} or {@code inputs}
   */
  public Rendered render(
      JobType type,
      @Nullable String template,
      @Nullable String prompt,
      Map<String, @Nullable Object> params,
      Set<String> inputNames) {
    String name = template == null ? settings.defaultFor(type) : template;
    Template found = templates.get(name);
    if (found == null) {
      throw new InvalidMessageException(
          "template", "must be one of " + templates.keySet() + ", was \"" + name + "\"");
    }
    if (found.type() != type) {
      throw new InvalidMessageException(
          "template",
          "\""
              + name
              + "\" makes "
              + found.type().wireName()
              + ", but the job's type is "
              + type.wireName());
    }
    Map<String, @Nullable Object> given = new LinkedHashMap<>(params);
    if (prompt != null && given.put(Template.PROMPT, prompt) != null) {
      throw new InvalidMessageException(
          Template.PROMPT, "is given twice, also as params.prompt; give it once");
    }
    return found.render(given, inputNames, random);
  }

  /** All, in the order they were read. */
  public Collection<Template> all() {
    return templates.values();
  }

  /** The template of that name. */
  public Optional<Template> find(String name) {
    return Optional.ofNullable(templates.get(name));
  }

  /**
   * The template that a job of the type would use.
   *
   * @param name its name; null for the type's default
   */
  public Optional<Template> find(JobType type, @Nullable String name) {
    return find(name == null ? settings.defaultFor(type) : name);
  }

  /** Whether it serves the jobs of its type that name none. */
  public boolean isDefault(Template template) {
    return settings.defaultFor(template.type()).equals(template.name());
  }
}
