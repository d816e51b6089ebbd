package io.comfyfleet.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.amqp.core.Queue;

class TopologyTest {
  @ParameterizedTest
  @CsvSource({
    "3.10.8,CLASSIC", "3.13.7,CLASSIC", "4.0.5,CLASSIC", "4.2.1,CLASSIC",
    "4.3.0,QUORUM", "4.3.6,QUORUM", "4.3.6+debian,QUORUM", "5.0.0-beta.1,QUORUM"
  })
  void profileFollowsTheServersVersion(String version, BrokerProfile profile) {
    assertThat(BrokerProfile.choose("auto", Map.of("version", version))).isEqualTo(profile);
  }

  @Test
  void profileCanBeForced() {
    assertThat(BrokerProfile.choose("classic", Map.of("version", "4.3.6")))
        .isEqualTo(BrokerProfile.CLASSIC);
    assertThatThrownBy(() -> BrokerProfile.choose("mirrored", Map.of()))
        .hasMessageContaining("auto, quorum or classic");
  }

  @Test
  void quorumQueuesNeverCarryMaxPriorityWhichTheBrokerRefuses() {
    assertThat(queues(BrokerProfile.QUORUM))
        .isNotEmpty()
        .allSatisfy(queue ->
            assertThat(queue.getArguments())
                .containsEntry("x-queue-type", "quorum")
                .doesNotContainKey("x-max-priority"));
  }

  @Test
  void classicLaneQueuesHaveTenPriorities() {
    assertThat(queues(BrokerProfile.CLASSIC))
        .filteredOn(queue -> queue.getName().equals("fleet.jobs.image"))
        .singleElement()
        .satisfies(queue -> assertThat(queue.getArguments()).containsEntry("x-max-priority", 10));
  }

  @Test
  void deadLettersHaveNoDeliveryLimitSoThatLookingNeverUsesThemUp() {
    assertThat(queues(BrokerProfile.QUORUM))
        .filteredOn(queue -> queue.getName().equals(Topology.DEAD))
        .singleElement()
        .satisfies(queue -> assertThat(queue.getArguments()).containsEntry("x-delivery-limit", -1));
  }

  @Test
  void retryDelayIsTheNextStepOfTheLadder() {
    assertThat(Topology.retryDelay(Duration.ofSeconds(5))).isEqualTo(Duration.ofSeconds(5));
    assertThat(Topology.retryDelay(Duration.ofSeconds(6))).isEqualTo(Duration.ofSeconds(15));
    assertThat(Topology.retryDelay(Duration.ofHours(1))).isEqualTo(Duration.ofMinutes(5));
  }

  private static List<Queue> queues(BrokerProfile profile) {
    return TopologyDeclaration.of(profile, List.of("image", "video"))
        .getDeclarablesByType(Queue.class);
  }
}
