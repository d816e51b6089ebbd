package io.comfyfleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.comfyfleet.topology.BrokerProfile;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.topology.TopologyDeclaration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Exchange;
import org.springframework.amqp.core.Queue;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** docs/asyncapi.yaml says the same as the topology, the schemas and the golden messages. */
class AsyncApiTest {
  private static final Path DOCUMENT = Path.of("../docs/asyncapi.yaml");
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String LANE = "{lane}";
  private static final String DELAY = "{delay}";

  private final JsonNode document = read();
  private final Declarables declared = TopologyDeclaration.of(BrokerProfile.QUORUM, List.of(LANE));

  @Test
  void everyReferenceLeadsSomewhere() {
    List<String> references = new ArrayList<>();
    walk(
        document,
        node -> {
          if (node.path("$ref").isString()) {
            references.add(node.get("$ref").asString());
          }
        });

    assertThat(references)
        .hasSizeGreaterThan(60)
        .allSatisfy(reference ->
            assertThat(
                    reference.startsWith("#/")
                        ? !document.at(reference.substring(1)).isMissingNode()
                        : Files.exists(DOCUMENT.resolveSibling(reference)))
                .isTrue());
  }

  @Test
  void everyQueueOfTheTopologyIsAChannelAndNoOther() {
    assertThat(
            channels("queue").flatMap(channel -> delays(channel.at("/bindings/amqp/queue/name"))))
        .containsExactlyInAnyOrderElementsOf(
            declared.getDeclarablesByType(Queue.class).stream().map(Queue::getName).toList());
    assertThat(channels("queue"))
        .allSatisfy(channel -> {
          JsonNode queue = channel.at("/bindings/amqp/queue");
          assertThat(channel.get("address")).isEqualTo(queue.get("name"));
          assertThat(queue.get("durable").asBoolean()).isTrue();
        });
  }

  @Test
  void everyExchangeOfTheTopologyIsAChannelOfItsKindAndNoOther() {
    Set<String> described =
        exchanges()
            .flatMap(exchange ->
                delays(exchange.get("name"))
                    .map(name -> name + " " + exchange.get("type") + exchange.get("durable")))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(described)
        .isEqualTo(
            declared.getDeclarablesByType(Exchange.class).stream()
                .map(each -> each.getName() + " \"" + each.getType() + "\"" + each.isDurable())
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void everyBindingAndKeyOfTheTopologyIsTheAddressOfAChannel() {
    Set<String> keys =
        channels("routingKey")
            .map(each ->
                each.at("/bindings/amqp/exchange/name").asString()
                    + " "
                    + each.get("address").asString(""))
            .collect(Collectors.toSet());

    assertThat(keys)
        .containsAll(
            declared.getDeclarablesByType(Binding.class).stream()
                .filter(binding -> !binding.getRoutingKey().isEmpty())
                .map(binding -> binding.getExchange() + " " + binding.getRoutingKey())
                .toList())
        .contains(
            Topology.CONTROL + " " + Topology.CONTROL_ALL,
            Topology.CONTROL + " " + Topology.controlKey("{node}"),
            Topology.EVENTS + " " + Topology.heartbeatKey("{node}"),
            Topology.EVENTS + " " + Topology.progressKey("{run}"));
  }

  @Test
  void everyGoldenMessageIsAnExampleAndValidUnderTheSchemaOfItsMessage() throws IOException {
    Set<String> shown = new TreeSet<>();
    for (JsonNode message : document.at("/components/messages")) {
      for (JsonNode example : message.path("examples")) {
        String name = example.get("name").asString();
        Path golden = GOLDEN.resolve(name + ".json");
        String schema = message.at("/payload/schema/$ref").asString();
        assertThat(example.get("payload"))
            .as("example %s in docs/asyncapi.yaml, which must be %s", name, golden)
            .isEqualTo(JSON.readTree(Files.readString(golden)));
        assertThat(
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(Files.readString(DOCUMENT.resolveSibling(schema)), InputFormat.JSON)
                    .validate(example.get("payload").toString(), InputFormat.JSON))
            .isEmpty();
        shown.add(name + ".json");
      }
    }

    try (Stream<Path> files = Files.list(GOLDEN)) {
      assertThat(shown)
          .isEqualTo(
              files
                  .map(file -> file.getFileName().toString())
                  .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  @Test
  void everyOperationUsesAChannelThatCarriesItsMessagesAndEveryChannelIsUsed() {
    Set<String> used = new TreeSet<>();
    for (JsonNode operation : document.get("operations")) {
      String channel = operation.at("/channel/$ref").asString();
      used.add(channel.substring("#/channels/".length()));
      assertThat(operation.get("messages"))
          .isNotEmpty()
          .allSatisfy(message ->
              assertThat(message.get("$ref").asString()).startsWith(channel + "/messages/"));
    }

    used.add("retryQueue");
    assertThat(used).isEqualTo(new TreeSet<>(document.get("channels").propertyNames()));
  }

  private Stream<JsonNode> channels(String kind) {
    return StreamSupport.stream(document.get("channels").spliterator(), false)
        .filter(channel -> channel.at("/bindings/amqp/is").asString().equals(kind));
  }

  /** Without the default exchange, which is the broker's own. */
  private Stream<JsonNode> exchanges() {
    return channels("routingKey")
        .map(channel -> channel.at("/bindings/amqp/exchange"))
        .filter(exchange -> !exchange.get("name").asString().isEmpty());
  }

  private Stream<String> delays(JsonNode name) {
    String text = name.asString();
    return text.contains(DELAY)
        ? document
            .at("/channels/retryQueue/parameters/delay/enum")
            .valueStream()
            .map(delay -> text.replace(DELAY, delay.asString()))
        : Stream.of(text);
  }

  private static void walk(JsonNode node, Consumer<JsonNode> visitor) {
    visitor.accept(node);
    node.forEach(child -> walk(child, visitor));
  }

  private static JsonNode read() {
    try {
      Map<String, Object> yaml =
          new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(DOCUMENT));
      // By way of text, so that numbers are of the kinds that a reader of JSON sees.
      return JSON.readTree(JSON.writeValueAsString(yaml));
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read " + DOCUMENT, e);
    }
  }
}
