package io.comfyfleet.operator;

import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Lists templates, or shows what one takes. */
@Command(
    name = "templates",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists templates; with NAME, shows the parameters of that one.")
public final class TemplatesCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Name of a template.")
  private @Nullable String name;

  @Mixin private Connection connection;

  /** Made by the command line only. */
  public TemplatesCommand() {}

  @Override
  public Integer call() {
    Api api = connection.api();
    return name == null
        ? connection.show(api.get("/api/templates"), this::list)
        : connection.show(api.get("/api/templates/" + Api.encoded(name)), this::detail);
  }

  private void list(JsonNode answer, PrintWriter out) {
    Table table =
        new Table(List.of("TEMPLATE", "TYPE", "DEFAULT", "PARAMETERS"), Set.of("PARAMETERS"));
    for (JsonNode template : answer.path("templates").values()) {
      table.row(
          Words.text(template.path("name")),
          Words.text(template.path("type")),
          template.path("is_default").asBoolean(false) ? "yes" : "",
          String.join(",", template.path("parameters").propertyNames()));
    }
    connection.print(table, "No templates.");
  }

  private void detail(JsonNode template, PrintWriter out) {
    out.println(
        Words.text(template.path("name"))
            + " ("
            + Words.text(template.path("type"))
            + "): "
            + Words.text(
                template.hasNonNull("description")
                    ? template.path("description")
                    : template.path("title")));
    Table table =
        new Table(
            List.of("PARAMETER", "TYPE", "REQUIRED", "DEFAULT", "LIMITS", "DESCRIPTION"),
            Set.of("DEFAULT", "DESCRIPTION"));
    template
        .path("parameters")
        .properties()
        .forEach(each -> {
          JsonNode parameter = each.getValue();
          table.row(
              each.getKey(),
              Words.text(parameter.path("type")),
              parameter.path("required").asBoolean(false) ? "yes" : "",
              parameter.path("random").asBoolean(false)
                  ? "random"
                  : Words.text(parameter.path("default")),
              limits(parameter),
              Words.text(parameter.path("description")));
        });
    template
        .path("inputs")
        .properties()
        .forEach(each ->
            table.row(
                each.getKey(),
                "file",
                each.getValue().path("required").asBoolean(false) ? "yes" : "",
                Words.NOTHING,
                Words.NOTHING,
                Words.text(each.getValue().path("description"))));
    connection.print(table, "It takes no parameters.");
  }

  private static String limits(JsonNode parameter) {
    if (!parameter.hasNonNull("min") && !parameter.hasNonNull("max")) {
      return Words.NOTHING;
    }
    return Words.text(parameter.path("min")) + " to " + Words.text(parameter.path("max"));
  }
}
