package io.comfyfleet.producer.run;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.producer.outbox.Outbox;
import io.comfyfleet.producer.outbox.OutboxMessage;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.IdempotencyKeys;
import io.comfyfleet.wire.MessageCodec;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Puts jobs, copies of results and run ends into the outbox. Joins the caller's transaction. */
@Component
class JobMessages {
  private final Outbox outbox;
  private final MessageCodec codec;

  JobMessages(Outbox outbox, MessageCodec codec) {
    this.outbox = outbox;
    this.codec = codec;
  }

  void job(Job job, @Nullable String replyTo, @Nullable String correlationId) {
    outbox.add(
        new OutboxMessage(
            Topology.JOBS,
            job.lane(),
            job.jobId().toString(),
            job.type().wireName(),
            job.priority(),
            replyTo,
            correlationId,
            null,
            job.jobId(),
            codec.encode(job)));
  }

  /** Takes back the message of a job that has ended, unless it is on its way to the broker. */
  void withdraw(UUID jobId) {
    outbox.withdraw(jobId);
  }

  /** The result, for the queue that the sender named. */
  void reply(Result result, byte[] encoded, JobTable.Asker asker) {
    outbox.add(
        new OutboxMessage(
            "",
            asker.replyTo(),
            result.jobId().toString(),
            "result",
            asker.priority(),
            null,
            asker.correlationId(),
            IdempotencyKeys.of(result),
            null,
            encoded));
  }

  void completed(RunCompleted run, byte[] encoded) {
    outbox.add(
        new OutboxMessage(
            Topology.RUNS,
            Topology.RUN_COMPLETED,
            run.idempotencyKey(),
            Topology.RUN_COMPLETED,
            Job.DEFAULT_PRIORITY,
            null,
            null,
            run.idempotencyKey(),
            null,
            encoded));
  }
}
