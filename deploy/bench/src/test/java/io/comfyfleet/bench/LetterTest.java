package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.LongString;
import com.rabbitmq.client.impl.LongStringHelper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LetterTest {

  private static final Instant DIED = Instant.parse("2026-01-01T10:00:00Z");

  @ParameterizedTest
  @ValueSource(strings = {"rejected", "maxlen", "expired", "delivery_limit"})
  void brokersLetterHasTheReasonAndTheTimeOfItsLatestDeath(String reason) {
    Letter letter =
        letter(Map.of("x-death", List.of(death(reason), death("expired", DIED.minusSeconds(60)))));

    assertThat(letter.reason()).isEqualTo(reason);
    assertThat(letter.died()).isEqualTo(DIED);
    assertThat(letter.failures()).extracting(JobEnd.FailedAttempt::code).containsExactly(reason);
  }

  @Test
  void workersReasonCountsMoreThanAnEarlierDeathInAQueueOfRetries() {
    Letter letter =
        letter(
            Map.of(
                "x-fleet-reason", text("out_of_memory"),
                "x-fleet-node", text("node-1"),
                "x-fleet-died-at", text("2026-01-01T10:00:05Z"),
                "x-death", List.of(death("expired"))));

    assertThat(letter.reason()).isEqualTo("out_of_memory");
    assertThat(letter.died()).isEqualTo(DIED.plusSeconds(5));
    assertThat(letter.failures())
        .containsExactly(new JobEnd.FailedAttempt("node-1", DIED.plusSeconds(5), "out_of_memory"));
  }

  @Test
  void letterWithoutAnyReasonSaysSo() {
    assertThat(letter(Map.of()).reason()).isEqualTo("unknown");
  }

  private static Map<String, Object> death(String reason) {
    return death(reason, DIED);
  }

  private static Map<String, Object> death(String reason, Instant time) {
    return Map.of("reason", text(reason), "time", Date.from(time), "count", 1L);
  }

  private static LongString text(String text) {
    return LongStringHelper.asLongString(text);
  }

  private static Letter letter(Map<String, Object> headers) {
    byte[] body = "{\"job_id\":\"j\"}".getBytes(StandardCharsets.UTF_8);
    return Letter.of(
        new GetResponse(
            new Envelope(1, false, "fleet.dead", ""),
            new BasicProperties.Builder().headers(headers).build(),
            body,
            0));
  }
}
