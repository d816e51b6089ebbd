package io.comfyfleet.producer.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.comfyfleet.producer.problem.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.HttpStatus;
import org.springframework.util.unit.DataSize;

class FolderStoreTest {
  private static final long LIMIT = 1_000;

  private @TempDir Path folder;

  @Test
  void leftoverOfACrashIsRemovedAtStart() throws Exception {
    Path leftover = Files.createDirectories(folder.resolve(".incoming")).resolve("x.part");
    Files.writeString(leftover, "half");

    new FolderStore(folder, DataSize.ofBytes(0));

    assertThat(leftover).doesNotExist();
  }

  @Test
  void uploadOfAnotherProducerIsLeftAloneAtStart() throws Exception {
    FolderStore first = new FolderStore(folder, DataSize.ofBytes(0));

    try (ArtifactStore.Received running = first.receive(body("hello"), -1, LIMIT)) {
      new FolderStore(folder, DataSize.ofBytes(0));

      assertThat(running.sizeBytes()).isEqualTo(5);
      assertThat(parts()).isEqualTo(1);
    }
    assertThat(parts()).isZero();
  }

  @Test
  void diskBelowTheFloorTakesNothing() throws Exception {
    FolderStore store = new FolderStore(folder, DataSize.ofBytes(Long.MAX_VALUE));

    assertThatThrownBy(() -> store.receive(body("hello"), -1, LIMIT))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refused -> assertThat(refused.status()).isEqualTo(HttpStatus.INSUFFICIENT_STORAGE));
    assertThat(parts()).isZero();
  }

  /** A file in its place refuses what a read-only folder does, also to the superuser. */
  @Test
  void folderThatCannotBeWrittenToTakesNoNewWorkUntilItCan() throws Exception {
    FolderStore store = new FolderStore(folder, DataSize.ofBytes(0));
    Path incoming = folder.resolve(".incoming");
    Files.delete(incoming);
    Files.createFile(incoming);

    assertThatThrownBy(store::requireRoom)
        .isInstanceOf(StoreAwayException.class)
        .hasMessageContaining(folder.toString());
    assertThatThrownBy(() -> store.receive(body("hello"), -1, LIMIT))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refused -> assertThat(refused.status()).isEqualTo(HttpStatus.SERVICE_UNAVAILABLE));

    Files.delete(incoming);
    Files.createDirectory(incoming);
    assertThatCode(store::requireRoom).doesNotThrowAnyException();
    assertThat(parts()).isZero();
  }

  @Test
  void diskThatFillsInTheMiddleLeavesNoHalfFile() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk.toString())
            .start();
    assumeThat(mount.waitFor()).as("mounting needs root").isZero();
    try {
      FolderStore store = new FolderStore(disk, DataSize.ofBytes(0));
      InputStream large = new ByteArrayInputStream(new byte[1 << 20]);

      assertThatThrownBy(() -> store.receive(large, -1, 1 << 21))
          .isInstanceOfSatisfying(
              ProblemException.class,
              refused -> assertThat(refused.status()).isEqualTo(HttpStatus.INSUFFICIENT_STORAGE));
      try (Stream<Path> parts = Files.list(disk.resolve(".incoming"))) {
        assertThat(parts).isEmpty();
      }
      try (ArtifactStore.Received small = store.receive(body("hello"), -1, LIMIT)) {
        assertThat(small.sizeBytes()).isEqualTo(5);
      }
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }

  @Test
  void folderThatCannotBeMadeStopsTheStartWithOneSentence() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> new FolderStore(file.resolve("store"), DataSize.ofBytes(0)))
        .hasMessageContaining("fleet.store.directory");
  }

  @Test
  void namesAreShortenedButKeepTheirEnding() {
    assertThat(Filename.safe("x".repeat(500) + ".png")).hasSize(200).endsWith("x.png");
    assertThat(Filename.safe("..")).isEqualTo("output");
    assertThat(Filename.safe("C:\\temp\\a.png")).isEqualTo("a.png");
    assertThat(Filename.safe("狐".repeat(300))).hasSize(200);
  }

  private long parts() throws Exception {
    try (Stream<Path> files = Files.list(folder.resolve(".incoming"))) {
      return files.count();
    }
  }

  private static InputStream body(String text) {
    return new ByteArrayInputStream(text.getBytes());
  }
}
