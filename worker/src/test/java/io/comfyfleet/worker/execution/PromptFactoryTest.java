package io.comfyfleet.worker.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.worker.Jobs;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromptFactoryTest {
  private final Job job = Jobs.image().build();

  @Test
  void promptIdIsTheSameForTheSameAttemptOnly() {
    Attempt failed =
        new Attempt(
            1, "n", Instant.EPOCH, Instant.EPOCH, JobError.retryable(ErrorCode.INTERRUPTED, "x"));

    assertThat(PromptFactory.promptId(job)).isEqualTo(PromptFactory.promptId(job));
    assertThat(PromptFactory.promptId(job.nextAttempt(failed)))
        .isNotEqualTo(PromptFactory.promptId(job));
  }

  @Test
  void savedFilesGoToAFolderOfTheAttempt() {
    Workflow graph = PromptFactory.graph(job, Map.of());

    assertThat(Workflow.inputs(graph.graph().get("3")))
        .containsEntry("filename_prefix", "fleet/" + job.jobId() + "-1/test");
  }

  @Test
  void prefixKeepsOnlyItsLastPart() {
    Job nested =
        Jobs.image().workflow(job.workflow().withInput("3", "filename_prefix", "a/b/../c")).build();

    assertThat(Workflow.inputs(PromptFactory.graph(nested, Map.of()).graph().get("3")))
        .containsEntry("filename_prefix", "fleet/" + nested.jobId() + "-1/c");
  }
}
