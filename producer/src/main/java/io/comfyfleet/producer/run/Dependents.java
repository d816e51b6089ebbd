package io.comfyfleet.producer.run;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Input;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Jobs that wait for others of their run. The caller holds the lock of the run. */
@Component
class Dependents {
  private final JobTable jobs;
  private final JobMessages messages;

  Dependents(JobTable jobs, JobMessages messages) {
    this.jobs = jobs;
    this.messages = messages;
  }

  /**
   * Sends a waiting job on its way if all that it waits for has succeeded.
   *
   * @return why it can never run; empty when it is on its way or still waits
   */
  Optional<JobError> release(UUID jobId) {
    List<JobTable.Need> needs = jobs.needs(jobId);
    boolean waits = false;
    for (JobTable.Need need : needs) {
      if (pending(need.status())) {
        waits = true;
      } else if (!need.status().equals(JobState.column(ResultStatus.SUCCEEDED))) {
        return failed("waits for job " + need.jobId() + ", which ended as " + need.status());
      }
    }
    return waits ? Optional.empty() : send(jobId, needs);
  }

  private Optional<JobError> send(UUID jobId, List<JobTable.Need> needs) {
    Map<String, UUID> files = new HashMap<>();
    for (JobTable.Need need : needs) {
      if (need.inputName() != null) {
        UUID artifact = jobs.result(need.jobId()).map(Dependents::firstFile).orElse(null);
        if (artifact == null) {
          return failed(
              "needs a file of job "
                  + need.jobId()
                  + " as input "
                  + need.inputName()
                  + ", which made none");
        }
        files.put(need.inputName(), artifact);
      }
    }
    JobTable.Stored stored = jobs.stored(jobId);
    Job job = withFiles(stored.job(), files);
    jobs.release(job);
    messages.job(job, stored.replyTo(), stored.correlationId());
    return Optional.empty();
  }

  private static boolean pending(String column) {
    return column.equals(JobState.OPEN_COLUMN) || column.equals(JobState.WAITING_COLUMN);
  }

  private static @Nullable UUID firstFile(Result result) {
    return result.outputs().stream()
        .map(Output::artifact)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static Optional<JobError> failed(String reason) {
    return Optional.of(JobError.permanent(ErrorCode.DEPENDENCY_FAILED, "The job " + reason));
  }

  private static Job withFiles(Job job, Map<String, UUID> files) {
    List<Input> inputs = new ArrayList<>();
    for (Input input : job.inputs()) {
      UUID artifact = files.get(input.name());
      inputs.add(artifact == null ? input : new Input(input.name(), null, artifact));
    }
    return new Job(
        job.jobId(),
        job.runId(),
        job.runSize(),
        job.index(),
        job.type(),
        job.lane(),
        job.priority(),
        job.prompt(),
        job.template(),
        job.params(),
        job.workflow(),
        inputs,
        job.timeout(),
        job.expiresAt(),
        job.attempt(),
        job.maxAttempts(),
        job.attempts(),
        job.replay(),
        job.createdAt(),
        job.callbackUrl(),
        job.metadata());
  }
}
