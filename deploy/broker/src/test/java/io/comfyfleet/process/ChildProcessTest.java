package io.comfyfleet.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  @Test
  void outputAndEnvironmentReachTheLog() {
    ChildProcess child = start("echo \"got $COLOUR\"; exit 3", Map.of("COLOUR", "red"));

    assertThat(child.ended().orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(3);
    assertThat(child.tail(5)).containsExactly("got red");
  }

  @Test
  void earlyEndIsToldWithCommandStatusAndLastLines() {
    ChildProcess child = start("echo no such model >&2; exit 4", Map.of());
    child.ended().orTimeout(20, TimeUnit.SECONDS).join();

    assertThatThrownBy(child::requireAlive)
        .isInstanceOf(ProcessFailed.class)
        .hasMessageContaining("child ended with status 4")
        .hasMessageContaining("/bin/sh -c")
        .hasMessageContaining("no such model");
  }

  @Test
  void stopLetsTheProgramFinishItsWork() throws IOException {
    Path goodbye = folder.resolve("goodbye");
    ChildProcess child =
        start(
            "trap 'echo bye > " + goodbye + "; exit 0' TERM; echo up; " + waitForever(), Map.of());
    await().atMost(LIMIT).until(() -> child.tail(1).contains("up"));

    child.stop(LIMIT);

    assertThat(child.isAlive()).isFalse();
    assertThat(Files.readString(goodbye)).isEqualTo("bye\n");
  }

  @Test
  void suspendedProgramStandsStillUntilItIsResumed() {
    ChildProcess child = start("i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done", Map.of());
    await().atMost(LIMIT).until(() -> child.tail(99).size() >= 2);

    child.suspend();

    int halted = child.tail(9999).size();
    await()
        .during(Duration.ofMillis(300))
        .atMost(LIMIT)
        .until(() -> child.tail(9999).size() == halted);
    child.resume();
    await().atMost(LIMIT).until(() -> child.tail(9999).size() > halted);
    child.kill();
  }

  @Test
  void suspendedProgramEndsWhenItIsAskedTo() {
    ChildProcess child = start("trap 'exit 7' TERM; echo up; " + waitForever(), Map.of());
    await().atMost(LIMIT).until(() -> child.tail(1).contains("up"));
    child.suspend();

    child.stop(LIMIT);

    assertThat(child.ended().join()).isEqualTo(7);
  }

  @Test
  void programAskedToEndInItsFirstMomentIsNotLeftBehind() {
    String mark = "7" + System.nanoTime() % 1_000_000;
    for (int i = 0; i < 30; i++) {
      ChildProcess child = start("exec sleep " + mark, Map.of());
      child.requestStop();
      child.ended().orTimeout(20, TimeUnit.SECONDS).join();
    }

    assertThat(ProcessHandle.allProcesses().map(process -> process.info().commandLine().orElse("")))
        .noneMatch(line -> line.contains(mark));
  }

  @Test
  void statusOfAProgramThatEndsOnRequestIsItsOwn() {
    for (int i = 0; i < 30; i++) {
      ChildProcess child =
          start("trap 'exit 7' TERM; echo up; while true; do sleep 0.001; done", Map.of());
      await().atMost(LIMIT).until(() -> child.tail(1).contains("up"));
      child.requestStop();
      assertThat(child.ended().orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(7);
    }
  }

  @Test
  void programThatIgnoresTheRequestIsKilledAfterTheGrace() {
    ChildProcess child = start("trap '' TERM; echo $$; " + waitForever(), Map.of());
    await().atMost(LIMIT).until(() -> !child.tail(1).isEmpty());
    long pid = Long.parseLong(child.tail(1).getFirst());

    child.stop(Duration.ofMillis(200));

    await().atMost(LIMIT).until(() -> !isRunning(pid));
  }

  @Test
  void programEndsWhenItsParentIsKilled() throws Exception {
    Path log = folder.resolve("orphan.log");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process parent =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName(),
                log.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    await().atMost(LIMIT).until(() -> Files.exists(log) && Files.size(log) > 0);
    long pid = Long.parseLong(Files.readString(log).strip());
    assertThat(isRunning(pid)).isTrue();

    parent.destroyForcibly();

    await().atMost(LIMIT).until(() -> !isRunning(pid));
  }

  /** A program whose only deed is to start a child and to wait for its own end. */
  static final class Parent {
    public static void main(String[] arguments) throws InterruptedException {
      var words = List.of("/bin/sh", "-c", "echo $$; exec sleep 300");
      ChildProcess child =
          ChildProcess.start(new Command("orphan", words, Map.of(), Path.of(arguments[0])));
      Thread.currentThread().join();
      child.close();
    }
  }

  private ChildProcess start(String script, Map<String, String> environment) {
    List<String> words = List.of("/bin/sh", "-c", script);
    return ChildProcess.start(
        new Command("child", words, environment, folder.resolve("child.log")));
  }

  private static String waitForever() {
    return "while true; do sleep 0.1; done";
  }

  private static boolean isRunning(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }
}
