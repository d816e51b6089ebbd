package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Input;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.topology.Topology;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;

/** Inputs and outputs whose other side is away, slow, or somebody else's. */
class TransferIT extends OneMachine {
  @Test
  void jobWaitsForItsInputWhileTheStoreIsAway() {
    startWorker();
    fleet.publish(Jobs.image().build());
    UUID artifact = fleet.result().outputs().getFirst().artifact();

    store.refuse(5, 503);
    fleet.publish(copying(new Input("start", null, artifact)));

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempts()).isEmpty();
  }

  @Test
  void storeThatDoesNotComeBackInTimeIsAFailedAttempt() {
    store.refuse(Integer.MAX_VALUE, 503);
    startWorker(Map.of("fleet.store.patience", "1s"));

    fleet.publish(copying(new Input("start", null, UUID.randomUUID())));

    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
  }

  @Test
  void artifactThatTheStoreDoesNotHaveIsNotWaitedFor() {
    startWorker();

    fleet.publish(copying(new Input("start", null, UUID.randomUUID())));

    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.INPUT_NOT_FOUND);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 404})
  void answerOfAProxyInFrontOfTheStoreDoesNotEndAJobThatNeedsAFile(int status) {
    startWorker();
    fleet.publish(Jobs.image().maxAttempts(1).build());
    UUID artifact = fleet.result().outputs().getFirst().artifact();
    store.refuse(2, status);

    fleet.publish(copying(new Input("start", null, artifact)));

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void answerOfAProxyInFrontOfTheStoreDoesNotThrowFinishedWorkAway() {
    store.refuse(2, 404);
    startWorker();

    fleet.publish(Jobs.image().maxAttempts(1).build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void sameAttemptOnAnotherMachineLeavesTheFilesOfTheFirstAsTheyAre() {
    Job job = Jobs.image().build();
    Output first;
    try (ConfigurableApplicationContext _ = startWorker()) {
      fleet.publish(job);
      first = fleet.result().outputs().getFirst();
    }

    try (SimulatedComfyUi other = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      fleet.startWorker(other.url(), store.url(), Map.of());
      fleet.publish(job);
      Output second = fleet.result().outputs().getFirst();

      assertThat(second.sha256()).isNotEqualTo(first.sha256());
      assertThat(stored(first)).isEqualTo(first.sha256());
      assertThat(stored(second)).isEqualTo(second.sha256());
    }
  }

  private String stored(Output output) {
    return TestStore.sha256(store.files().get(output.artifact()).bytes());
  }

  @Test
  void inputThatStopsHalfwayIsNotBlamedOnComfyUi() {
    try (ScriptedComfyUi source = new ScriptedComfyUi()) {
      source.stopHalfway("GET /picture.png");
      startWorker(Map.of("fleet.inputs.timeout", "2s"));

      URI address = source.url().resolve("/picture.png");
      fleet.publish(copying(new Input("start", address, null)));

      Result result = fleet.result();
      assertThat(result.error().code()).isEqualTo(ErrorCode.INPUT_NOT_FOUND);
      assertThat(result.error().message()).contains(address.toString());
      assertThat(fleet.waiting(Topology.laneQueue("image"))).isZero();
    }
  }

  @Test
  void redirectToNowhereIsNotBlamedOnTheWorker() {
    try (ScriptedComfyUi source = new ScriptedComfyUi()) {
      source.on("GET /picture.png", new ScriptedComfyUi.Answer(302, "http://[nowhere", ""));
      startWorker();

      fleet.publish(copying(new Input("start", source.url().resolve("/picture.png"), null)));

      assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.INPUT_NOT_FOUND);
    }
  }

  /** A job of one attempt that saves its input. */
  private static Job copying(Input input) {
    Workflow graph =
        new Workflow(
            Map.of(
                "1",
                Map.of("class_type", "LoadImage", "inputs", Map.of("image", "fleet-input:start")),
                "2",
                Map.of(
                    "class_type",
                    "SaveImage",
                    "inputs",
                    Map.of("images", List.of("1", 0), "filename_prefix", "copy"))));
    return Jobs.image().workflow(graph).input(input).maxAttempts(1).build();
  }
}
