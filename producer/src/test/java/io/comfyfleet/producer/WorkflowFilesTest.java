package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.comfyfleet.topology.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.http.server.PathContainer;
import org.springframework.util.ClassUtils;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The workflow files for n8n ask for nothing that n8n, the broker or this program does not have.
 * What n8n has stands in {@code n8n/nodes.json}, made by {@code deploy/n8n/catalogue} from an
 * installed n8n.
 */
class WorkflowFilesTest {
  private static final Path FOLDER = Path.of("../deploy/n8n");
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final JsonNode CATALOGUE = MAPPER.readTree(catalogue());
  private static final String RABBIT = "n8n-nodes-base.rabbitmq";
  private static final Pattern NODE_NAMED = Pattern.compile("\\$\\('([^']+)'\\)");
  private static final Pattern EXPRESSION = Pattern.compile("\\{\\{.*?}}");
  private static final Set<String> NODE_KEYS =
      Set.of(
          "id",
          "name",
          "type",
          "typeVersion",
          "position",
          "parameters",
          "credentials",
          "webhookId",
          "retryOnFail",
          "maxTries",
          "waitBetweenTries",
          "onError");

  private static final List<Route> ROUTES = routes();

  private record Route(String method, PathPattern path) {}

  @ParameterizedTest
  @MethodSource("files")
  void everyNodeAndParameterExistsInN8n(Path file) {
    for (JsonNode node : nodes(file)) {
      String name = file.getFileName() + ", " + node.path("name").asString();
      JsonNode described = CATALOGUE.path("nodes").path(node.path("type").asString());
      JsonNode version = node.path("typeVersion");

      assertThat(described.isObject()).as(name + ": type").isTrue();
      assertThat(described.path("versions")).as(name + ": version").contains(version);
      assertThat(names(node)).as(name).isSubsetOf(NODE_KEYS);
      assertThat(names(node.path("credentials")))
          .as(name)
          .isSubsetOf(described.path("credentials").valueStream().map(JsonNode::asString).toList());
      for (String parameter : names(node.path("parameters"))) {
        checkValue(
            name + ": " + parameter,
            described.path("parameters").path(parameter),
            version,
            node.path("parameters").path(parameter));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void nodesAreLinkedAndNamedAsTheyAre(Path file) {
    List<JsonNode> nodes = nodes(file);
    Set<String> named =
        nodes.stream().map(node -> node.path("name").asString()).collect(Collectors.toSet());
    JsonNode connections = read(file).path("connections");
    Set<String> linked = new TreeSet<>(names(connections));
    connections.findValues("node").forEach(target -> linked.add(target.asString()));
    NODE_NAMED.matcher(text(file)).results().map(match -> match.group(1)).forEach(linked::add);

    assertThat(named).hasSameSizeAs(nodes).containsAll(linked);
    assertThat(nodes).extracting(node -> node.path("id").asString()).doesNotHaveDuplicates();
    assertThat(nodes)
        .filteredOn(node -> node.path("type").asString().endsWith(".stickyNote"))
        .as("a note in " + file)
        .hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("files")
  void expressionsBeginAsN8nWantsThem(Path file) {
    for (JsonNode node : nodes(file)) {
      boolean plain = node.path("type").asString().matches(".*\\.(stickyNote|code)");
      texts(node.path("parameters"))
          .filter(text -> !plain && text.contains("{{"))
          .forEach(text -> assertThat(text).as(node.path("name").asString()).startsWith("="));
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void queuesAreTheFleetsOwnAndReadSafely(Path file) {
    for (JsonNode node : nodes(file)) {
      JsonNode parameters = node.path("parameters");
      JsonNode options = parameters.path("options");
      if (node.path("type").asString().equals(RABBIT)) {
        assertThat(parameters.path("queue").asString()).isEqualTo(Topology.INTAKE);
        assertThat(options.path("arguments").path("argument").valueStream())
            .anyMatch(one ->
                one.path("key").asString().equals("persistent")
                    && one.path("value").asString().equals("={{ true }}"));
      }
      if (node.path("type").asString().equals(RABBIT + "Trigger")) {
        assertThat(parameters.path("queue").asString())
            .isIn(Topology.RUNS_COMPLETED_QUEUE, Topology.DEAD_EVENTS_QUEUE);
        assertThat(options.path("acknowledge").asString()).isEqualTo("executionFinishes");
        assertThat(options.path("parallelMessages").asInt()).isPositive();
        assertThat(names(options)).doesNotContain("assertQueue", "assertExchange", "binding");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void callsGoToRoutesOfTheApi(Path file) {
    for (JsonNode node : nodes(file)) {
      String url = node.path("parameters").path("url").asString("");
      int path = url.indexOf("/api/");
      if (path < 0) {
        continue;
      }
      String method = node.path("parameters").path("method").asString();
      String called = EXPRESSION.matcher(url.substring(path)).replaceAll("x");
      assertThat(ROUTES)
          .as(file.getFileName() + ": " + method + " " + called)
          .anyMatch(route ->
              route.method().equals(method)
                  && route.path().matches(PathContainer.parsePath(called)));
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void repeatsAreRepeatsForTheFleet(Path file) {
    for (JsonNode node : nodes(file)) {
      JsonNode parameters = node.path("parameters");
      String url = parameters.path("url").asString("");
      if (url.endsWith("/generate") || url.endsWith("/submit")) {
        assertThat(parameters.path("headerParameters").toString())
            .as(node.path("name").asString())
            .contains("Idempotency-Key");
      }
      if (node.has("retryOnFail")) {
        // n8n quietly changes what lies outside.
        assertThat(node.path("maxTries").asInt()).isBetween(2, 5);
        assertThat(node.path("waitBetweenTries").asInt()).isBetween(1, 5_000);
      }
    }
  }

  @Test
  void filesDoNotClash() {
    List<JsonNode> all = files().map(WorkflowFilesTest::read).toList();
    List<JsonNode> hooks =
        all.stream()
            .flatMap(file -> file.path("nodes").valueStream())
            .filter(node -> node.has("webhookId"))
            .toList();

    assertThat(all).extracting(file -> file.path("id").asString()).doesNotHaveDuplicates();
    assertThat(all).allMatch(file -> !file.path("active").asBoolean(true));
    assertThat(hooks).extracting(node -> node.path("webhookId").asString()).doesNotHaveDuplicates();
    assertThat(hooks)
        .extracting(node -> node.path("parameters").path("path").asString(""))
        .filteredOn(path -> !path.isEmpty())
        .doesNotHaveDuplicates();
  }

  @Test
  void credentialOfTheNodesIsTheOneThatShips() {
    JsonNode credential = read(FOLDER.resolve("rabbitmq-credential.json")).get(0);
    List<JsonNode> wanted =
        files()
            .flatMap(file -> nodes(file).stream())
            .map(node -> node.path("credentials").path("rabbitmq"))
            .filter(JsonNode::isObject)
            .toList();

    assertThat(credential.path("type").asString()).isEqualTo("rabbitmq");
    assertThat(wanted)
        .hasSize(3)
        .allMatch(one ->
            one.path("id").equals(credential.path("id"))
                && one.path("name").equals(credential.path("name")));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void pagesTellOfEveryFile(Path page) throws IOException {
    String told = Files.readString(page);

    assertThat(files())
        .allSatisfy(file -> assertThat(told).contains(file.getFileName().toString()));
    assertThat(told).contains("n8n " + CATALOGUE.path("n8n").asString());
  }

  static Stream<Path> files() {
    try (Stream<Path> all = Files.list(FOLDER)) {
      return all
          .filter(file -> file.getFileName().toString().matches("\\d.*\\.json"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<Path> pages() {
    return Stream.of(Path.of("../docs/n8n.md"), Path.of("../docs/n8n.zh-CN.md"));
  }

  private static void checkValue(
      String where, JsonNode described, JsonNode version, JsonNode value) {
    assertThat(described.isObject()).as(where + " is unknown").isTrue();
    if (described.has("versions")) {
      assertThat(described.path("versions")).as(where + ": version").contains(version);
    }
    boolean expression = value.isString() && value.asString().startsWith("=");
    switch (described.path("type").asString()) {
      case "boolean" -> assertThat(expression || value.isBoolean()).as(where).isTrue();
      case "number" -> assertThat(expression || value.isNumber()).as(where).isTrue();
      case "string", "json" -> assertThat(value.isString()).as(where).isTrue();
      case "options" -> {
        if (!expression) {
          assertThat(described.path("values")).as(where).contains(value);
        }
      }
      case "collection", "fixedCollection" -> checkFields(where, described, version, value);
      default -> assertThat(value.isMissingNode()).as(where).isFalse();
    }
  }

  private static void checkFields(
      String where, JsonNode described, JsonNode version, JsonNode value) {
    if (value.isArray()) {
      value.forEach(one -> checkFields(where, described, version, one));
    } else if (value.isObject()) {
      for (String field : names(value)) {
        checkValue(
            where + "." + field, described.path("fields").path(field), version, value.path(field));
      }
    } else {
      fail(where + " must be an object or a list");
    }
  }

  private static List<Route> routes() {
    var scanner = new ClassPathScanningCandidateComponentProvider(false);
    scanner.addIncludeFilter(new AnnotationTypeFilter(RestController.class));
    List<Route> routes = new ArrayList<>();
    scanner
        .findCandidateComponents("io.comfyfleet.producer")
        .forEach(found -> {
          Class<?> controller = ClassUtils.resolveClassName(found.getBeanClassName(), null);
          for (Method method : controller.getDeclaredMethods()) {
            RequestMapping mapping =
                AnnotatedElementUtils.findMergedAnnotation(method, RequestMapping.class);
            if (mapping != null) {
              String prefix = prefix(controller);
              Arrays.stream(mapping.method())
                  .flatMap(verb ->
                      Arrays.stream(mapping.path())
                          .map(path ->
                              new Route(
                                  verb.name(),
                                  PathPatternParser.defaultInstance.parse(prefix + path))))
                  .forEach(routes::add);
            }
          }
        });
    assertThat(routes).hasSizeGreaterThan(10);
    return routes;
  }

  private static String prefix(Class<?> controller) {
    RequestMapping mapping =
        AnnotatedElementUtils.findMergedAnnotation(controller, RequestMapping.class);
    return mapping == null || mapping.path().length == 0 ? "" : mapping.path()[0];
  }

  private static Set<String> names(JsonNode object) {
    return new HashSet<>(object.propertyNames());
  }

  private static Stream<String> texts(JsonNode node) {
    return node.isString()
        ? Stream.of(node.asString())
        : node.valueStream().flatMap(WorkflowFilesTest::texts);
  }

  private static List<JsonNode> nodes(Path file) {
    return read(file).path("nodes").valueStream().toList();
  }

  private static JsonNode read(Path file) {
    return MAPPER.readTree(file.toFile());
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] catalogue() {
    try (var stream = WorkflowFilesTest.class.getResourceAsStream("/n8n/nodes.json")) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
