package io.comfyfleet.producer.template;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * YAML in which only true, false, null and decimal numbers are not text, as in JSON. YAML 1.1,
 * which the library speaks by itself, also makes booleans of {@code on} and {@code no}, octal
 * numbers of {@code 010} and dates of versions.
 */
final class PlainYaml {
  private PlainYaml() {}

  /**
   * The document as maps, lists and scalars.
   *
   * @throws org.yaml.snakeyaml.error.YAMLException when it is neither YAML nor JSON
   */
  static @Nullable Object load(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    DumperOptions unused = new DumperOptions();
    return new Yaml(
            new SafeConstructor(options),
            new Representer(unused),
            unused,
            options,
            new JsonScalars())
        .load(text);
  }

  private static final class JsonScalars extends Resolver {
    private static final Pattern BOOL = Pattern.compile("true|false");
    private static final Pattern NULL = Pattern.compile("null|~|");
    private static final Pattern INT = Pattern.compile("-?(?:0|[1-9][0-9]*)");
    private static final Pattern FLOAT =
        Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?");

    @Override
    protected void addImplicitResolvers() {
      addImplicitResolver(Tag.BOOL, BOOL, "tf");
      addImplicitResolver(Tag.INT, INT, "-0123456789");
      addImplicitResolver(Tag.FLOAT, FLOAT, "-0123456789");
      addImplicitResolver(Tag.NULL, NULL, "n~\0");
      addImplicitResolver(Tag.NULL, Pattern.compile(""), null);
    }
  }
}
