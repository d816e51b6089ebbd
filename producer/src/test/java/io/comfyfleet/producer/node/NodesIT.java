package io.comfyfleet.producer.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.JobType;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.JobProgress;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.node.RunningJob;
import io.comfyfleet.producer.broker.ConfirmedPublisher;
import io.comfyfleet.topology.BrokerProfile;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.topology.TopologyDeclaration;
import io.comfyfleet.wire.MessageCodec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.amqp.autoconfigure.RabbitTemplateCustomizer;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest(
    classes = NodesIT.Slice.class,
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "spring.datasource.url=jdbc:h2:mem:nodes;DB_CLOSE_DELAY=-1",
      "server.address=127.0.0.1"
    })
class NodesIT {
  private static final @RegisterExtension BrokerExtension BROKER = new BrokerExtension();
  private static final List<FleetEvent> SEEN = new CopyOnWriteArrayList<>();

  private final HttpClient http = HttpClient.newHttpClient();
  private final MessageCodec codec = new MessageCodec();
  private final String id = "gpu-" + UUID.randomUUID();

  @LocalServerPort private int port;
  @Autowired private RabbitTemplate rabbit;
  @Autowired private ConnectionFactory connections;
  @Autowired private Queue workersEar;

  @DynamicPropertySource
  static void broker(DynamicPropertyRegistry registry) {
    registry.add("spring.rabbitmq.addresses", BROKER::uri);
  }

  @Test
  void heartbeatMakesANodeKnown() throws Exception {
    beat(NodeState.BUSY);

    JsonNode node = known();
    assertThat(node.path("status").asString()).isEqualTo("busy");
    assertThat(node.path("url").asString()).isEqualTo("http://127.0.0.1:8188");
    assertThat(node.path("queue_length").asInt()).isEqualTo(2);
    assertThat(node.path("last_heartbeat").asString()).isNotEmpty();
    assertThat(node.path("gpu_usage").asInt()).isEqualTo(93);
    assertThat(node.path("memory_usage").asInt()).isEqualTo(71);
    assertThat(node.path("vram_total").asLong()).isEqualTo(25_757_220_864L);
    assertThat(node.path("vram_used").asLong()).isEqualTo(18_029_215_744L);
    assertThat(node.path("models_hash").asString()).isEqualTo("9f86d081884c7d65");
    assertThat(node.path("processing_speed").asDouble()).isEqualTo(4.0);
    assertThat(node.path("lanes").path("image").asInt()).isEqualTo(1);
    assertThat(node.path("jobs").get(0).path("phase").asString()).isEqualTo("run");
    assertThat(node.path("comfyui_version").asString()).isEqualTo("0.33.0");
    JsonNode health = json(get("/api/nodes/" + id + "/health"), 200);
    assertThat(health.path("status").asString()).isEqualTo("busy");
    assertThat(health.path("processing_speed_by_type").path("video").asDouble()).isEqualTo(6.0);
    JsonNode all = json(get("/api/nodes"), 200).path("nodes");
    assertThat(all.valueStream().map(one -> one.path("id").asString())).contains(id);
  }

  @Test
  void sinksSeeProgressToo() {
    UUID job = UUID.randomUUID();
    JobProgress progress =
        new JobProgress(id, job, "r1", 0, 1, RunningJob.Phase.RUN, 0.5, "5", false, Instant.now());

    publish(progress, Topology.progressKey("r1"));

    await().until(() -> SEEN.stream().anyMatch(progress::equals));
  }

  @Test
  void unreadableEventIsDroppedAndTheNextOneIsHeard() throws Exception {
    rabbit.send(Topology.EVENTS, "heartbeat.x", new Message("{oops".getBytes()));
    beat(NodeState.ONLINE);

    assertThat(known().path("status").asString()).isEqualTo("online");
  }

  @Test
  void heartbeatThatLacksPartsIsHeardAndOneWithoutANameIsDropped() throws Exception {
    tellRaw("{\"kind\":\"heartbeat\",\"state\":\"online\",\"jobs\":[{}]}");
    tellRaw("{\"kind\":\"heartbeat\",\"state\":\"online\"}");
    tellRaw("{\"kind\":\"progress\",\"node_id\":\"" + id + "\"}");
    tellRaw("{\"kind\":\"heartbeat\",\"node_id\":\"" + id + "\",\"state\":\"online\"}");

    assertThat(known().path("status").asString()).isEqualTo("online");
    json(get("/api/nodes"), 200);
    json(get("/api/nodes/" + id + "/health"), 200);
    assertThat(SEEN).noneMatch(event -> event.nodeId() == null);
    assertThat(SEEN).noneMatch(event -> event instanceof JobProgress one && one.jobId() == null);
  }

  private void tellRaw(String json) {
    rabbit.send(Topology.EVENTS, "heartbeat.x", new Message(json.getBytes()));
  }

  @Test
  void operatorsWordReachesTheNode() throws Exception {
    beat(NodeState.ONLINE);
    known();

    json(send(request("/api/nodes/" + id + "/pause").POST(BodyPublishers.noBody())), 202);
    json(send(request("/api/nodes/" + id + "/resume").POST(BodyPublishers.noBody())), 202);
    json(send(request("/api/nodes/" + id + "/drain").POST(BodyPublishers.noBody())), 202);
    json(patch("{\"slots\": 2}"), 202);

    assertThat(List.of(heard(), heard(), heard(), heard()))
        .containsExactly(
            new ControlMessage.Pause(),
            new ControlMessage.Resume(),
            new ControlMessage.Drain(),
            new ControlMessage.Slots(2));
  }

  @Test
  void wordThatCannotBeHeardIsRefused() throws Exception {
    beat(NodeState.ONLINE);
    known();

    assertThat(json(patch("{\"slots\": 0}"), 400).path("field").asString()).isEqualTo("slots");
    assertThat(json(patch("{}"), 400).path("field").asString()).isEqualTo("slots");
    json(send(request("/api/nodes/nobody/pause").POST(BodyPublishers.noBody())), 404);
    json(get("/api/nodes/nobody/health"), 404);
    beat(NodeState.OFFLINE);
    await().until(() -> known().path("status").asString().equals("offline"));
    JsonNode offline =
        json(send(request("/api/nodes/" + id + "/pause").POST(BodyPublishers.noBody())), 409);
    assertThat(offline.path("detail").asString()).contains("said goodbye");
  }

  @Test
  void keptWordIsToldAgainToANodeThatShowsSomethingElse() throws Exception {
    beat(NodeState.ONLINE);
    known();
    json(post("/pause?keep=true"), 202);
    json(patch("{\"lanes\": {\"video\": 2}, \"keep\": true}"), 202);
    ControlMessage lanes = new ControlMessage.Lanes(Map.of("video", 2));
    assertThat(List.of(heard(), heard())).containsExactly(new ControlMessage.Pause(), lanes);

    beat(NodeState.STARTING);

    assertThat(List.of(heard(), heard())).containsExactly(new ControlMessage.Pause(), lanes);
    JsonNode kept = json(get("/api/nodes/" + id + "/kept"), 200);
    assertThat(kept.path("paused").asBoolean()).isTrue();
    assertThat(kept.path("lanes").path("video").asInt()).isEqualTo(2);
    json(patch("{\"lanes\": {\"image\": 1}}"), 202);
    json(post("/resume"), 202);
    assertThat(List.of(heard(), heard()))
        .containsExactly(new ControlMessage.Lanes(Map.of("image", 1)), new ControlMessage.Resume());
    beat(NodeState.ONLINE);
    json(post("/drain"), 202);
    assertThat(heard()).isEqualTo(new ControlMessage.Drain());
  }

  @Test
  void wordIsKeptForANodeThatIsOfflineAndToldWhenItComesBack() throws Exception {
    beat(NodeState.OFFLINE);
    known();

    json(post("/pause?keep=true"), 202);
    json(patch("{\"slots\": 3, \"keep\": true}"), 202);
    beat(NodeState.PAUSED);

    assertThat(heard()).isEqualTo(new ControlMessage.Slots(3));
  }

  @Test
  void lanesAndKeepThatCannotBeAreRefused() throws Exception {
    beat(NodeState.ONLINE);
    known();

    assertThat(json(patch("{\"lanes\": {\"image\": 65}}"), 400).path("field").asString())
        .isEqualTo("lanes.image");
    assertThat(json(patch("{\"lanes\": {}}"), 400).path("field").asString()).isEqualTo("lanes");
    assertThat(json(patch("{\"lanes\": {\"No Lane\": 1}}"), 400).path("field").asString())
        .isEqualTo("lane");
    JsonNode drain = json(post("/drain?keep=true"), 400);
    assertThat(drain.path("detail").asString()).contains("pause with keep=true");
    json(send(request("/api/nodes/nobody/pause?keep=true").POST(BodyPublishers.noBody())), 404);
  }

  @Test
  void eventsAreHeardAgainAfterTheBrokerWasAway() throws Exception {
    BROKER.broker().restart();

    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> {
          beat(NodeState.ONLINE);
          return get("/api/nodes/" + id).statusCode() == 200;
        });
  }

  private ControlMessage heard() {
    // The queue belongs to the connection that declared it, which is not the publishing one.
    Message message = new RabbitTemplate(connections).receive(workersEar.getName(), 10_000);
    assertThat(message).as("a control message within 10 s").isNotNull();
    assertThat(message.getMessageProperties().getReceivedRoutingKey())
        .isEqualTo(Topology.controlKey(id));
    return codec.decodeControl(message.getBody());
  }

  private JsonNode known() throws Exception {
    await().until(() -> get("/api/nodes/" + id).statusCode() == 200);
    return json(get("/api/nodes/" + id), 200);
  }

  private void beat(NodeState state) {
    Heartbeat heartbeat =
        new Heartbeat(
            id,
            state,
            state == NodeState.OFFLINE ? "said goodbye" : null,
            URI.create("http://127.0.0.1:8188"),
            "0.33.0",
            "0.1.0",
            Map.of("image", 1),
            1,
            "weighted",
            List.of(
                new RunningJob(
                    UUID.randomUUID(), "r1", 1, RunningJob.Phase.RUN, 0.5, Instant.now())),
            2,
            93,
            71,
            25_757_220_864L,
            18_029_215_744L,
            "9f86d081884c7d65",
            Map.of("image", 2.0, "video", 6.0),
            5,
            1,
            Duration.ofSeconds(5),
            Instant.now(),
            Instant.now());
    publish(heartbeat, Topology.heartbeatKey(id));
  }

  private void publish(FleetEvent event, String key) {
    rabbit.send(Topology.EVENTS, key, MessageBuilder.withBody(codec.encode(event)).build());
  }

  private HttpResponse<String> patch(String json) throws Exception {
    return send(
        request("/api/nodes/" + id)
            .header("Content-Type", "application/json")
            .method("PATCH", BodyPublishers.ofString(json)));
  }

  private HttpResponse<String> post(String word) throws Exception {
    return send(request("/api/nodes/" + id + word).POST(BodyPublishers.noBody()));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return MessageCodec.mapper().readTree(response.body());
  }

  @EnableAutoConfiguration
  @ComponentScan({"io.comfyfleet.producer.node", "io.comfyfleet.producer.problem"})
  @ConfigurationPropertiesScan("io.comfyfleet.producer.broker")
  @Import(ConfirmedPublisher.class)
  static class Slice {
    @Bean
    JsonMapper mapper() {
      return MessageCodec.mapper();
    }

    @Bean
    RabbitTemplateCustomizer publishOnItsOwnConnection() {
      return template -> template.setUsePublisherConnection(true);
    }

    @Bean
    FleetEventSink sink() {
      return SEEN::add;
    }

    @Bean
    Declarables topology() {
      return TopologyDeclaration.of(
          BrokerProfile.forServer(BROKER.broker().version()), List.of(JobType.IMAGE.wireName()));
    }

    @Bean
    Queue workersEar() {
      return new Queue("ear-of-a-test", false, true, false);
    }

    @Bean
    Binding ear(Queue workersEar) {
      return BindingBuilder.bind(workersEar).to(new TopicExchange(Topology.CONTROL)).with("node.#");
    }
  }
}
