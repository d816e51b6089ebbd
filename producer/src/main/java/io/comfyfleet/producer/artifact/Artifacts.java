package io.comfyfleet.producer.artifact;

import io.comfyfleet.producer.problem.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.util.UriUtils;

/** The files that jobs made. Thread-safe. */
@Component
public class Artifacts {
  private static final int STRIPES = 64;

  private final ArtifactStore store;
  private final ArtifactTable table;
  private final StoreSettings settings;
  private final TransactionTemplate transaction;
  private final Environment environment;

  /** Two uploads of one artifact end one after the other; see {@link #keep}. */
  private final Lock[] locks =
      Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(Lock[]::new);

  Artifacts(
      ArtifactStore store,
      ArtifactTable table,
      StoreSettings settings,
      PlatformTransactionManager transactions,
      Environment environment) {
    this.store = store;
    this.table = table;
    this.settings = settings;
    this.transaction = new TransactionTemplate(transactions);
    this.environment = environment;
  }

  /** Where the file can be fetched, whether it is there or not. */
  public URI url(UUID artifact) {
    return URI.create(publicUrl() + "/api/artifacts/" + artifact);
  }

  /**
   * Checks that the files of new work could be kept.
   *
   * @throws StoreAwayException when they could not
   */
  public void requireRoom() {
    store.requireRoom();
  }

  /** Whether the file is there. */
  public boolean exists(UUID artifact) {
    return table.find(artifact).isPresent();
  }

  /** Where the file can be fetched under its name. */
  URI url(Artifact artifact) {
    return URI.create(
        url(artifact.id())
            + "/"
            + UriUtils.encodePathSegment(artifact.filename(), StandardCharsets.UTF_8));
  }

  Optional<Artifact> find(UUID artifact) {
    return table.find(artifact);
  }

  Optional<ArtifactStore.Stored> open(Artifact artifact) throws IOException {
    return store.open(artifact.id(), artifact.sha256());
  }

  /**
   * Stores a body. What is stored never changes, because results name it by its digest; the same
   * body again is told from another one.
   *
   * @param announced length in bytes; -1 when unknown
   * @throws IOException when the sender broke off
   * @throws ProblemException (409) when another body has that id
   */
  Kept put(
      UUID id,
      @Nullable UUID jobId,
      String filename,
      String contentType,
      InputStream body,
      long announced)
      throws IOException {
    try (ArtifactStore.Received received =
        store.receive(body, announced, settings.maxSize().toBytes())) {
      Artifact artifact =
          new Artifact(
              id,
              jobId,
              filename,
              contentType,
              received.sizeBytes(),
              received.sha256(),
              Instant.now().truncatedTo(ChronoUnit.SECONDS));
      Lock lock = locks[Math.floorMod(id.hashCode(), STRIPES)];
      lock.lock();
      try {
        return keep(artifact, received);
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Row first, file second, commit last: a crash leaves at most a file that nobody names and that
   * the repeat of the upload overwrites.
   */
  private Kept keep(Artifact artifact, ArtifactStore.Received received) throws IOException {
    try {
      return record(artifact, received);
    } catch (DuplicateKeyException e) {
      // Another producer was first; now there is a row to wait for.
      return record(artifact, received);
    } catch (FileFailure e) {
      throw e.failure();
    }
  }

  private Kept record(Artifact artifact, ArtifactStore.Received received) {
    return transaction.execute(status -> {
      Optional<Artifact> before = table.lock(artifact.id());
      if (before.isEmpty()) {
        table.insert(artifact);
      } else if (!before.get().sha256().equals(artifact.sha256())) {
        throw otherContent(before.get());
      }
      try {
        received.keep(artifact.id());
      } catch (IOException e) {
        throw new FileFailure(e);
      }
      return new Kept(before.orElse(artifact), before.isPresent());
    });
  }

  private static ProblemException otherContent(Artifact stored) {
    return new ProblemException(
        HttpStatus.CONFLICT,
        "artifact-exists",
        "Artifact "
            + stored.id()
            + " is stored with other content (SHA-256 "
            + stored.sha256()
            + "). What is stored never changes: store the new file under an id of its own");
  }

  private String publicUrl() {
    if (settings.publicUrl() != null) {
      return settings.publicUrl().toString().replaceAll("/+$", "");
    }
    String port = environment.getProperty("local.server.port");
    return "http://127.0.0.1:"
        + (port != null ? port : environment.getProperty("server.port", "8080"));
  }

  /**
   * What became of an upload.
   *
   * @param artifact as it is stored, under the name it came with first
   * @param same whether it was there before
   */
  record Kept(Artifact artifact, boolean same) {}

  /** Carries an {@link IOException} out of the transaction, which it rolls back. */
  private static final class FileFailure extends RuntimeException {
    private final IOException failure;

    FileFailure(IOException failure) {
      super(failure);
      this.failure = failure;
    }

    IOException failure() {
      return failure;
    }
  }
}
