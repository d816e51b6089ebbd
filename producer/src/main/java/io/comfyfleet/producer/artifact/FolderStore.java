package io.comfyfleet.producer.artifact;

import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.telemetry.LogKeys;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.util.unit.DataSize;

/**
 * A folder. Bodies are written to {@code .incoming} of the same folder, forced to the disk and then
 * renamed, so a name outside it always stands for a whole file. Whoever writes holds a lock on his
 * file; what is not locked at start is left over from a crash and removed. So producers can share
 * the folder.
 */
final class FolderStore implements ArtifactStore {
  private static final Logger log = LoggerFactory.getLogger(FolderStore.class);
  private static final int BUFFER = 128 * 1024;
  private static final Duration PAUSE = Duration.ofSeconds(30);
  private static final Duration WRITE_TRIED_EVERY = Duration.ofSeconds(1);
  private static final long SPACE_CHECK_EVERY = 32L * 1024 * 1024;

  private final Path folder;
  private final Path incoming;
  private final long minFree;

  /** When it last proved that it can be written to; {@link System#nanoTime()}. */
  private volatile long writtenAt = System.nanoTime() - WRITE_TRIED_EVERY.toNanos();

  /**
   * @param folder made when it is not there
   * @param minFree space that is left free
   * @throws IllegalStateException when the folder cannot be written to
   */
  FolderStore(Path folder, DataSize minFree) {
    this.folder = folder.toAbsolutePath().normalize();
    this.incoming = this.folder.resolve(".incoming");
    this.minFree = minFree.toBytes();
    try {
      Files.createDirectories(incoming);
      removeLeftovers();
    } catch (IOException e) {
      throw new IllegalStateException(
          "The output store cannot write to "
              + this.folder
              + " ("
              + e
              + "); set fleet.store.directory to a folder that it may write to",
          e);
    }
  }

  @Override
  public Received receive(InputStream body, long announced, long limit) throws IOException {
    if (announced > limit) {
      throw tooLarge(limit);
    }
    requireSpace(Math.max(0, announced));
    Path part = newPart();
    FileChannel channel =
        ours(() -> FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    boolean whole = false;
    try {
      ours(channel::lock);
      MessageDigest digest = sha256();
      long size = copy(body, channel, digest, limit);
      ours(() -> {
        channel.force(true);
        return part;
      });
      whole = true;
      return new Part(part, channel, size, HexFormat.of().formatHex(digest.digest()));
    } finally {
      if (!whole) {
        channel.close();
        Files.deleteIfExists(part);
      }
    }
  }

  @Override
  public Optional<Stored> open(UUID artifact, String sha256) throws IOException {
    try {
      FileChannel channel = FileChannel.open(file(artifact, sha256), StandardOpenOption.READ);
      return Optional.of(new Opened(channel));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private Path file(UUID artifact, String sha256) {
    String id = artifact.toString();
    return folder.resolve(id.substring(0, 2)).resolve(id + "." + sha256.substring(0, 16));
  }

  private long copy(InputStream body, FileChannel to, MessageDigest digest, long limit)
      throws IOException {
    byte[] buffer = new byte[BUFFER];
    long size = 0;
    long nextCheck = SPACE_CHECK_EVERY;
    for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
      size += read;
      if (size > limit) {
        throw tooLarge(limit);
      }
      digest.update(buffer, 0, read);
      write(to, ByteBuffer.wrap(buffer, 0, read));
      if (size >= nextCheck) {
        requireSpace(0);
        nextCheck = size + SPACE_CHECK_EVERY;
      }
    }
    return size;
  }

  private void write(FileChannel to, ByteBuffer bytes) {
    ours(() -> {
      while (bytes.hasRemaining()) {
        to.write(bytes);
      }
      return to;
    });
  }

  /** Apart from reading, because a failure here is the disk's and one there is the sender's. */
  private <T> T ours(DiskWork<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("No space left") || message.contains("quota")) {
        throw full(0);
      }
      log.atError().addKeyValue(LogKeys.REASON, e).log("output store cannot be written");
      throw new ProblemException(HttpStatus.SERVICE_UNAVAILABLE, "store-away", unwritable(e))
          .retryAfter(PAUSE);
    }
  }

  /** Something that the disk may refuse. */
  private interface DiskWork<T> {
    T run() throws IOException;
  }

  @Override
  public void requireRoom() {
    try {
      long free = free();
      if (free < minFree) {
        throw new StoreAwayException(fullWords(free), null);
      }
      tryToWrite();
    } catch (IOException e) {
      throw new StoreAwayException(unwritable(e), e);
    }
  }

  /** Only writing tells: a folder that has become read-only still names its free space. */
  private void tryToWrite() throws IOException {
    long now = System.nanoTime();
    if (now - writtenAt < WRITE_TRIED_EVERY.toNanos()) {
      return;
    }
    Path probe = newPart();
    Files.createFile(probe);
    Files.delete(probe);
    writtenAt = now;
  }

  private Path newPart() {
    return incoming.resolve(UUID.randomUUID() + ".part");
  }

  private String unwritable(IOException e) {
    return "The output store cannot write to " + folder + " (" + e + "); the operator has to see";
  }

  private long free() throws IOException {
    return Files.getFileStore(incoming).getUsableSpace();
  }

  private void requireSpace(long bytes) throws IOException {
    long free = free();
    if (free - bytes < minFree) {
      throw full(free);
    }
  }

  private ProblemException full(long free) {
    log.atError()
        .addKeyValue(LogKeys.REASON, free + " bytes free, " + minFree + " must stay free")
        .log("output store full");
    return new ProblemException(HttpStatus.INSUFFICIENT_STORAGE, "store-full", fullWords(free));
  }

  private String fullWords(long free) {
    return "The output store's disk is full: "
        + free
        + " bytes are free and "
        + minFree
        + " must stay free; the operator has to make room";
  }

  private static ProblemException tooLarge(long limit) {
    return new ProblemException(
        HttpStatus.CONTENT_TOO_LARGE,
        "too-large",
        "The file is larger than the limit of " + limit + " bytes (fleet.store.max-size)");
  }

  private void removeLeftovers() throws IOException {
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(incoming)) {
      for (Path part : parts) {
        if (isLeftover(part)) {
          Files.deleteIfExists(part);
        }
      }
    }
  }

  private static boolean isLeftover(Path part) throws IOException {
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  private final class Part implements Received {
    private final Path part;
    private final FileChannel channel;
    private final long sizeBytes;
    private final String sha256;

    Part(Path part, FileChannel channel, long sizeBytes, String sha256) {
      this.part = part;
      this.channel = channel;
      this.sizeBytes = sizeBytes;
      this.sha256 = sha256;
    }

    @Override
    public long sizeBytes() {
      return sizeBytes;
    }

    @Override
    public String sha256() {
      return sha256;
    }

    @Override
    public void keep(UUID artifact) throws IOException {
      ours(() -> {
        Path file = file(artifact, sha256);
        Files.createDirectories(file.getParent());
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        // A rename is on the disk only once its folder is.
        try (FileChannel parent = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
          parent.force(true);
        }
        return file;
      });
    }

    @Override
    public void close() throws IOException {
      channel.close();
      Files.deleteIfExists(part);
    }
  }

  private record Opened(FileChannel channel) implements Stored {
    @Override
    public void copyTo(OutputStream out, long from, long length) throws IOException {
      WritableByteChannel to = Channels.newChannel(out);
      long at = from;
      long end = from + length;
      while (at < end) {
        long moved = channel.transferTo(at, Math.min(end - at, BUFFER), to);
        if (moved <= 0) {
          throw new IOException("The stored file ends at " + at + ", expected " + end + " bytes");
        }
        at += moved;
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
