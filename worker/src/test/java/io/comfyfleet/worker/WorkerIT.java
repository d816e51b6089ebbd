package io.comfyfleet.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Input;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.Flavour;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.IdempotencyKeys;
import io.comfyfleet.wire.MessageHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

/** What becomes of a job, with a real broker, a real store over HTTP and a simulated ComfyUI. */
class WorkerIT extends OneMachine {
  @ParameterizedTest
  @EnumSource(Flavour.class)
  void jobEndsAsResultWithItsFileInTheStore(Flavour flavour) {
    comfy.close();
    comfy = SimulatedComfyUi.start(SimulatorOptions.defaults().withFlavour(flavour));
    startWorker();
    Job job = Jobs.image().seconds(0.3).build();

    fleet.publish(job);

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.jobId()).isEqualTo(job.jobId());
    assertThat(result.nodeId()).isEqualTo("node-1");
    assertThat(result.metadata()).containsEntry("scene", 7);
    assertThat(result.timings().runMs()).isGreaterThanOrEqualTo(200);
    Output output = result.outputs().getFirst();
    assertThat(output.kind()).isEqualTo(OutputKind.IMAGE);
    assertThat(output.contentType()).isEqualTo("image/png");
    byte[] stored = store.files().get(output.artifact()).bytes();
    assertThat(stored).hasSize((int) output.sizeBytes()).startsWith(0x89, 'P', 'N', 'G');
    assertThat(TestStore.sha256(stored)).isEqualTo(output.sha256());
  }

  /** The websocket is a hint only, and an ExecutionBlocked a notice. */
  @Test
  void faultsThatSpoilNoPromptCostNoAttempt() {
    startWorker();
    for (Fault fault :
        List.of(
            Fault.SOCKET_DROP,
            Fault.PROGRESS_FLOOD,
            Fault.OVERSIZED_FRAME,
            Fault.EXECUTION_BLOCKED)) {
      comfy.faults().once(fault);
      Job job = Jobs.image().seconds(0.5).build();

      fleet.publish(job);

      Result result = fleet.result();
      assertThat(result.jobId()).as(fault.name()).isEqualTo(job.jobId());
      assertThat(result.status()).as(fault.name()).isEqualTo(ResultStatus.SUCCEEDED);
      assertThat(result.attempts()).as(fault.name()).isEmpty();
      assertThat(comfy.faults().armed()).as(fault.name()).isEmpty();
    }
    assertThat(comfy.executed()).hasSize(4);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(ints = 2)
  void answerOfACancelledJobHasTheKeyOfEveryAnswerOfThatJob(@Nullable Integer replay) {
    startWorker();
    Job job = Jobs.image().seconds(30).build();
    fleet.publish(replay == null ? job : job.replayed(replay, null));
    await().until(() -> !comfy.executed().isEmpty());

    fleet.tell("node-1", new ControlMessage.Cancel(job.jobId()));

    Message answer = fleet.message(Topology.RESULTS);
    Result result = codec.decodeResult(answer.getBody());
    assertThat(result.status()).isEqualTo(ResultStatus.CANCELLED);
    assertThat(answer.getMessageProperties().<String>getHeader(MessageHeaders.IDEMPOTENCY_KEY))
        .isEqualTo("result:" + job.jobId() + (replay == null ? "" : ":replay-2"))
        .isEqualTo(IdempotencyKeys.of(result));
  }

  @Test
  void highestPriorityOvertakesWhatWasQueuedEarlier() {
    Job low = Jobs.image().priority(1).build();
    Job high = Jobs.image().priority(10).build();
    fleet.publish(low);
    fleet.publish(high);

    startWorker();

    assertThat(List.of(fleet.result().jobId(), fleet.result().jobId()))
        .containsExactly(high.jobId(), low.jobId());
  }

  @Test
  void failingJobIsTriedAgainAndThenDeadLetteredWithTheReason() {
    comfy.faults().latch(Fault.EXECUTION_ERROR);
    startWorker();
    Job job = Jobs.image().maxAttempts(2).build();

    fleet.publish(job);

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.FAILED);
    assertThat(result.attempt()).isEqualTo(2);
    assertThat(result.attempts()).hasSize(1);
    assertThat(result.error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);
    Map<String, Object> headers = fleet.message(Topology.DEAD).getMessageProperties().getHeaders();
    assertThat(headers)
        .containsEntry(MessageHeaders.REASON, "execution_failed")
        .containsEntry(MessageHeaders.NODE, "node-1")
        .containsEntry(MessageHeaders.ORIGIN, "fleet.jobs.image")
        .containsKeys(MessageHeaders.ERROR, MessageHeaders.DIED_AT);
  }

  @Test
  void memoryFailureIsCuredByAnotherAttempt() {
    comfy.faults().once(Fault.OUT_OF_MEMORY);
    startWorker();

    fleet.publish(Jobs.image().build());

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempts().getFirst().error().code()).isEqualTo(ErrorCode.OUT_OF_MEMORY);
  }

  @Test
  void badWorkflowIsDeadAtOnce() {
    startWorker();
    Workflow graph = Jobs.picture(0).withInput("1", "width", -5);

    fleet.publish(Jobs.image().workflow(graph).build());

    Result result = fleet.result();
    assertThat(result.attempt()).isEqualTo(1);
    assertThat(result.error().code()).isEqualTo(ErrorCode.BAD_WORKFLOW);
    assertThat(result.error().nodeErrors()).containsKey("1");
    assertThat(comfy.executed()).isEmpty();
    assertThat(fleet.message(Topology.DEAD).getMessageProperties().getHeaders())
        .containsEntry(MessageHeaders.REASON, "bad_workflow");
  }

  @Test
  void messageThatIsNoJobIsDeadLetteredAndTheNextJobRuns() {
    startWorker();

    fleet.publish("image", "no json".getBytes(UTF_8));
    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    Message dead = fleet.message(Topology.DEAD);
    assertThat(dead.getBody()).asString().isEqualTo("no json");
    assertThat(dead.getMessageProperties().getHeaders())
        .containsEntry(MessageHeaders.REASON, "unreadable_message");
  }

  @Test
  void messageWhoseHeadersLeaveNoRoomForAReasonIsDeadLetteredWithoutThem() {
    startWorker();
    MessageProperties full = new MessageProperties();
    full.setHeader("filler", "x".repeat(130_900));

    fleet.template().send(Topology.JOBS, "image", new Message("no json".getBytes(UTF_8), full));

    Message dead = fleet.message(Topology.DEAD);
    assertThat(dead.getBody()).asString().isEqualTo("no json");
    assertThat(dead.getMessageProperties().getHeaders())
        .containsEntry(MessageHeaders.REASON, "unreadable_message")
        .doesNotContainKey("filler");
  }

  @Test
  void lostAnswerToASubmissionRendersOnce() {
    comfy.faults().once(Fault.LOST_RESPONSE);
    startWorker();

    fleet.publish(Jobs.image().seconds(0.5).build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void deafSocketDoesNotHoldUpAJob() {
    comfy.faults().latch(Fault.DEAF_SOCKET);
    startWorker();

    fleet.publish(Jobs.image().seconds(0.5).build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void restartOfComfyUiGivesTheJobBackWithoutCountingAnAttempt() {
    comfy.faults().once(Fault.RESTART);
    startWorker();

    fleet.publish(Jobs.image().seconds(0.5).build());

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempt()).isEqualTo(1);
    assertThat(result.attempts()).hasSize(1);
    assertThat(result.attempts().getFirst().error().code()).isEqualTo(ErrorCode.COMFYUI_RESTARTED);
  }

  @Test
  void evictedHistoryIsAFailedAttempt() {
    comfy.faults().once(Fault.HISTORY_EVICTED);
    startWorker();

    fleet.publish(Jobs.image().seconds(0.3).build());

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempt()).isEqualTo(2);
  }

  @Test
  void storeThatRefusesAtFirstGetsTheFileLater() {
    store.refuse(2);
    startWorker();

    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(store.files()).hasSize(1);
  }

  @Test
  void overlongAttemptIsInterruptedAndCounts() {
    startWorker();

    fleet.publish(Jobs.image().seconds(30).timeout(Duration.ofSeconds(1)).maxAttempts(1).build());

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void expiredJobDoesNotRun() {
    startWorker();

    fleet.publish(Jobs.image().expiresAt(Instant.now().minusSeconds(1)).build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.EXPIRED);
    assertThat(comfy.executed()).isEmpty();
  }

  @Test
  void inputArtifactIsInTheGraphUnderComfyUisName() {
    startWorker();
    fleet.publish(Jobs.image().build());
    Output first = fleet.result().outputs().getFirst();
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
    UUID artifact = first.artifact();

    fleet.publish(Jobs.image().workflow(graph).input(new Input("start", null, artifact)).build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.uploads()).hasSize(1);
    assertThat(comfy.executed()).hasSize(2);
  }

  @Test
  void inputFromAHostThatIsNotAllowedIsRefused() {
    startWorker(Map.of("fleet.inputs.allowed-hosts", "example.org"));
    Workflow graph = Jobs.picture(0).withInput("1", "width", "fleet-input:a");

    fleet.publish(
        Jobs.image()
            .workflow(graph)
            .input(new Input("a", store.url().resolve("/x"), null))
            .build());

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.INPUT_NOT_FOUND);
    assertThat(result.error().message()).contains("example.org");
  }

  @Test
  void workerWaitsForComfyUiThatStartsLater() {
    comfy.crash();
    startWorker();
    fleet.publish(Jobs.image().build());
    await().during(Duration.ofSeconds(1)).until(() -> fleet.waiting("fleet.jobs.image") == 1);

    comfy.restart();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }
}
