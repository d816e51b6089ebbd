package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.producer.broker.Lanes;
import io.comfyfleet.producer.dispatch.Door;
import io.comfyfleet.producer.outbox.Outbox;
import io.comfyfleet.producer.outbox.OutboxMessage;
import io.comfyfleet.producer.run.Reopening;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends the job of a letter again, once: that the letter was replayed, the job's new beginning and
 * its message are written in one transaction. The letter is acknowledged afterwards; what crashes
 * in between leaves a note by which the next look only acknowledges it.
 */
@Component
class Replays {
  private final ReplayedLetterTable table;
  private final Reopening reopening;
  private final Outbox outbox;
  private final Door door;
  private final Lanes lanes;
  private final Edits edits;
  private final MessageCodec codec;
  private final TransactionTemplate transaction;
  private final Clock clock;

  Replays(
      ReplayedLetterTable table,
      Reopening reopening,
      Outbox outbox,
      Door door,
      Lanes lanes,
      Edits edits,
      MessageCodec codec,
      TransactionTemplate transaction,
      Clock clock) {
    this.table = table;
    this.reopening = reopening;
    this.outbox = outbox;
    this.door = door;
    this.lanes = lanes;
    this.edits = edits;
    this.codec = codec;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * Replays a letter.
   *
   * @param edit parts of the job to be changed; null for none
   * @return why not; null when it is on its way and the letter may go
   * @throws InvalidMessageException when the edit makes no job of it
   */
  @Nullable String replay(Letter letter, @Nullable ObjectNode edit, boolean evenCancelled) {
    Optional<Job> known = known(letter);
    if (known.isPresent()) {
      if (edit == null) {
        String refusal = laneGone(known.get());
        if (refusal != null) {
          return refusal;
        }
      }
      Job job = edit == null ? known.get() : edited(known.get(), edit);
      return once(letter, () -> reopen(job, evenCancelled));
    }
    byte[] request = edit == null ? letter.body() : edits.merged(letter.body(), edit);
    if (edit == null && !Topology.INTAKE.equals(letter.origin())) {
      return unknown(letter);
    }
    try {
      door.check(request);
    } catch (InvalidMessageException e) {
      if (edit != null) {
        throw e;
      }
      return "It cannot be accepted as it is, edit it: " + e.getMessage();
    }
    return once(
        letter,
        () -> {
          outbox.add(intake(letter, request));
          return null;
        });
  }

  private interface Work {
    @Nullable String run();
  }

  private @Nullable String once(Letter letter, Work work) {
    return transaction.execute(status -> {
      String refusal = work.run();
      if (refusal == null) {
        table.put(letter.id(), clock.instant());
      }
      return refusal;
    });
  }

  private @Nullable String reopen(Job job, boolean evenCancelled) {
    String refusal = reopening.reopen(job, evenCancelled);
    return refusal == null ? null : "Job " + job.jobId() + " " + refusal;
  }

  /**
   * The letter's job, if the database has it: as the letter has it, else as it was last sent. A
   * request that the intake refused is no job yet, and its message id may be another's.
   */
  private Optional<Job> known(Letter letter) {
    if (Topology.INTAKE.equals(letter.origin())) {
      return Optional.empty();
    }
    try {
      Job job = codec.decodeJob(letter.body());
      return reopening.lastSent(job.jobId()).map(stored -> job);
    } catch (UnreadableMessageException e) {
      UUID id = letter.messageId();
      return id == null ? Optional.empty() : reopening.lastSent(id);
    }
  }

  /** Without its lane the job would only end again, and its letter be used up. */
  private @Nullable String laneGone(Job job) {
    try {
      lanes.require(job.lane());
      return null;
    } catch (InvalidMessageException e) {
      return "It cannot be replayed as it is, edit it: " + e.getMessage();
    }
  }

  private Job edited(Job job, ObjectNode edit) {
    Job edited = edits.of(job, edit);
    door.check(edited);
    return edited;
  }

  private String unknown(Letter letter) {
    try {
      UUID id = codec.decodeJob(letter.body()).jobId();
      return "Job "
          + id
          + " is not known to this fleet's database; submit it as a new one, the letter's"
          + " \"reproduce\" is the command";
    } catch (UnreadableMessageException e) {
      return "The letter is no job that can be read ("
          + e.getMessage()
          + "); replay it with an edited job, or discard it";
    }
  }

  private static OutboxMessage intake(Letter letter, byte[] request) {
    UUID id = letter.messageId();
    return new OutboxMessage(
        Topology.FLEET,
        Topology.INTAKE,
        // Sent twice by the outbox it must be one job, whose id it gives only when it is a UUID.
        (id == null ? UUID.nameUUIDFromBytes(bytes(letter.id())) : id).toString(),
        "job",
        Objects.requireNonNullElse(letter.properties().getPriority(), Job.DEFAULT_PRIORITY),
        letter.properties().getReplyTo(),
        letter.properties().getCorrelationId(),
        null,
        null,
        request);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
