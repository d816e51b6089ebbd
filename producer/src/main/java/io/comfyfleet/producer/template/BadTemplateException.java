package io.comfyfleet.producer.template;

/** A template cannot be used. Stops the start. */
final class BadTemplateException extends RuntimeException {
  /**
   * @param file the file, or the setting, at fault
   * @param problem what is wrong and what to do
   */
  BadTemplateException(String file, String problem) {
    super("Template " + file + ": " + problem);
  }
}
