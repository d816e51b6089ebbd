package io.comfyfleet.producer.template;

import io.comfyfleet.job.JobType;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** All templates by name. Thread-safe. */
@Component
public class Templates {
  /**
   * Fills a template in.
   *
   * @param type what the job makes
   * @param template its name; null for the type's default
   * @param prompt value of the parameter {@code prompt}; null when not given
   * @param params the other parameters by name
   * @param inputNames names of the input files that the job brings
   * @throws io.comfyfleet.job.InvalidMessageException naming the field: {@code template}, {@code
   *     prompt}, {@code params.NAME} or {@code inputs}
   */
  public Rendered render(
      JobType type,
      @Nullable String template,
      @Nullable String prompt,
      Map<String, @Nullable Object> params,
      Set<String> inputNames) {
    throw new UnsupportedOperationException("not yet");
  }
}
