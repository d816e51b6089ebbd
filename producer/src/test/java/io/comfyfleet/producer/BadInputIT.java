package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.broker.DeadLetters;
import io.comfyfleet.producer.dispatch.Door;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.amqp.core.MessageBuilder;

/** Bad requests are refused at the door, by field and limit, and leave nothing behind. */
class BadInputIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder);
    worker = new FakeWorker(BROKER.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  @AfterEach
  void nothingIsQueued() {
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"prompt\":\"x\"} | type | image or video",
        "{\"type\":\"sound\",\"prompt\":\"x\"} | type | image or video",
        "{\"type\":\"image\"} | prompt | template",
        "{\"type\":\"image\",\"prompt\":7} | prompt | string",
        "{\"type\":\"image\",\"prompt\":\"x\",\"lane\":\"image.flux\"} | lane | image, video",
        "{\"type\":\"image\",\"prompt\":\"x\",\"priority\":11} | priority | between 1 and 10",
        "{\"type\":\"image\",\"prompt\":\"x\",\"priority\":\"high\"} | priority | whole number",
        "{\"type\":\"image\",\"prompt\":\"x\",\"priority\":1.5} | priority | whole number",
        "{\"type\":\"image\",\"prompt\":\"x\",\"job_id\":\"7\"} | job_id | UUID",
        "{\"type\":\"image\",\"prompt\":\"x\",\"timeout\":90000} | timeout | 86400",
        "{\"type\":\"image\",\"prompt\":\"x\",\"callback_url\":\"http://10.1.2.3/\"} | callback_url | allows",
        "{\"type\":\"image\",\"prompt\":\"x\",\"callback_url\":\"http://localhost:70000/\"} | callback_url | between 1 and 65535",
        "{\"type\":\"image\",\"workflow\":{\"nodes\":[],\"links\":[]}} | workflow | Export (API)",
        "{\"type\":\"image\",\"workflow\":{\"1\":{}}} | workflow.1.class_type | missing",
        "{\"type\":\"image\",\"prompt\":\"x\",\"workflow\":{\"1\":{}}} | workflow | excludes",
        "{\"type\":\"image\",\"prompt\":\"x\",\"depends_on\":[\"a\"]} | depends_on | no earlier job",
        "[1] | body | JSON object",
        "not json | body | not JSON",
        "'' | body | JSON",
      })
  void fieldAtFaultIsNamedWithWhatIsAllowed(String body, String field, String allowed) {
    Producer.Answer answer =
        producer.postRaw("/api/comfyui/dispatch", body.equals("''") ? "" : body);

    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(400);
    assertThat(answer.body().get("type").asString()).startsWith("urn:comfyfleet:problem:");
    assertThat(answer.body().path("field").asString()).isEqualTo(field);
    assertThat(answer.body().get("detail").asString()).contains(allowed);
  }

  /** What bytes that are no UTF-8 become, decoded: three bytes for each. */
  @Test
  void idsThatAmqpCannotCarryAreRefused() {
    Door door = producer.bean(Door.class);
    byte[] body = "{\"type\":\"image\",\"prompt\":\"x\"}".getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> door.message(body, null, "mine", "\uFFFD".repeat(100)))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("correlation_id must be at most 255 bytes");
    assertThatThrownBy(() -> door.message(body, null, "\uFFFD".repeat(100), null))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("reply_to must be at most 255 bytes");
  }

  @Test
  void letterWithAnIdThatAmqpCannotCarryIsKeptWithoutIt() {
    byte[] body = {'a', 'b'};
    producer
        .bean(DeadLetters.class)
        .add(
            MessageBuilder.withBody(body).setCorrelationId("\uFFFD".repeat(100)).build(),
            ErrorCode.UNREADABLE_MESSAGE,
            "no job");

    FakeWorker.Taken letter = worker.take(Topology.DEAD);
    assertThat(letter.body()).isEqualTo(body);
    assertThat(letter.header(MessageHeaders.ERROR)).isEqualTo("no job");
  }

  @Test
  void graphOfTwoMebibytesIsRefusedWithTheLimit() {
    Map<String, Object> graph =
        Map.of("1", Map.of("class_type", "Note", "inputs", Map.of("t", "x".repeat(2 << 20))));

    Producer.Answer answer =
        producer.post("/api/comfyui/dispatch", Map.of("type", "image", "workflow", graph));

    assertThat(answer.status()).isBetween(400, 413);
    assertThat(answer.body().get("detail").asString()).contains("1048576");
  }

  @Test
  void waitLongerThanAllowedIsRefusedBeforeAnythingIsAccepted() {
    Producer.Answer answer =
        producer.post("/api/comfyui/dispatch?wait=301", Producer.image("too patient"));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().get("field").asString()).isEqualTo("wait");
  }

  @Test
  void runIsAcceptedWholeOrNotAtAll() {
    List<Map<String, Object>> jobs = new ArrayList<>();
    jobs.add(Producer.image("fine"));
    jobs.add(Map.of("type", "image", "prompt", "not fine", "priority", 11));

    Producer.Answer answer = producer.post("/api/runs", Map.of("run_id", "half", "jobs", jobs));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().get("field").asString()).isEqualTo("jobs[1].priority");
    assertThat(producer.get("/api/runs/half").status()).isEqualTo(404);
  }

  @Test
  void runWhoseJobsWaitForEachOtherIsRefused() {
    List<Map<String, Object>> jobs =
        List.of(
            Map.of("type", "image", "prompt", "a", "key", "a", "depends_on", List.of("b")),
            Map.of("type", "image", "prompt", "b", "key", "b", "depends_on", List.of("a")));

    Producer.Answer answer = producer.post("/api/runs", Map.of("jobs", jobs));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().get("detail").asString()).contains("circle");
  }

  @Test
  void unknownJobsAndRunsAreNotFound() {
    assertThat(producer.get("/api/jobs/00000000-0000-0000-0000-000000000001").status())
        .isEqualTo(404);
    assertThat(producer.get("/api/jobs/seven").status()).isEqualTo(404);
    assertThat(producer.get("/api/runs/nobody/events").status()).isEqualTo(404);
  }
}
