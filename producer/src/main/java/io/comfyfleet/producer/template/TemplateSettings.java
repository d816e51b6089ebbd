package io.comfyfleet.producer.template;

import io.comfyfleet.job.JobType;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param directory folder of your own templates; one named like a shipped one replaces it
 * @param image template of an image job that names none
 * @param video template of a video job that names none
 * @param defaults values by parameter name, in place of the templates' own defaults; a template
 *     without such a parameter ignores it
 */
@ConfigurationProperties("fleet.template")
record TemplateSettings(
    @Nullable Path directory,
    @DefaultValue("image") String image,
    @DefaultValue("video") String video,
    @DefaultValue Map<String, String> defaults) {

  /** Name of the template for a job that names none. */
  String defaultFor(JobType type) {
    return switch (type) {
      case IMAGE -> image;
      case VIDEO -> video;
    };
  }
}
