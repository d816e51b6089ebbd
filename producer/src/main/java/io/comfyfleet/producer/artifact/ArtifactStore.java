package io.comfyfleet.producer.artifact;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.UUID;

/**
 * Where the bytes lie. A file is named by artifact and digest, so what a crash left never stands
 * for another body. Thread-safe.
 */
interface ArtifactStore {
  /**
   * Takes a body aside; nobody can read it yet.
   *
   * @param body read to its end, not closed
   * @param announced length in bytes as the sender told it; -1 when it did not
   * @param limit most bytes
   * @return the file, to be kept or closed
   * @throws IOException when the sender broke off; nothing is left behind
   * @throws io.comfyfleet.producer.problem.ProblemException 413 past the limit, 507 without space
   */
  Received receive(InputStream body, long announced, long limit) throws IOException;

  /**
   * Checks that there is room for more files.
   *
   * @throws StoreAwayException when there is none, or the store cannot be reached
   */
  void requireRoom();

  /** The file, or empty when it is not there. To be closed. */
  Optional<Stored> open(UUID artifact, String sha256) throws IOException;

  /** A body taken aside. Closing without keeping removes it. */
  interface Received extends Closeable {
    /** Length in bytes. */
    long sizeBytes();

    /** Lower-case hexadecimal. */
    String sha256();

    /** Makes it readable under that id, in one step, on the disk for good. */
    void keep(UUID artifact) throws IOException;
  }

  /** A file that can be read. */
  interface Stored extends Closeable {
    /** Writes a part of it. */
    void copyTo(OutputStream out, long from, long length) throws IOException;
  }
}
