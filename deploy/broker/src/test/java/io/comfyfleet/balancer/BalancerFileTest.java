package io.comfyfleet.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.comfyfleet.balancer.BalancerFile.Machine;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The shipped files are taken by the programs they are for. */
class BalancerFileTest {
  private static final Path HOME = Path.of("../..");

  @TempDir Path folder;

  private static BalancerFile plainWrappers(BalancerProgram program) {
    return BalancerFile.of(HOME, program, "plain-wrappers");
  }

  private static Machine machine(int port, int weight) {
    return new Machine(URI.create("http://127.0.0.1:" + port), weight);
  }

  @ParameterizedTest
  @EnumSource
  void fileForPlainWrappersIsValid(BalancerProgram program) {
    assumeInstalled(program);
    BalancerFile file =
        plainWrappers(program)
            .withMachines(List.of(machine(8001, 3), machine(8002, 1), machine(8003, 2)));

    assertThat(program.refusal(file.write(folder, 8100))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void fileForTwoProducersIsValid(BalancerProgram program) {
    assumeInstalled(program);
    BalancerFile file =
        BalancerFile.of(HOME, program, "two-producers")
            .with("producer1:8080", URI.create("http://127.0.0.1:8081"))
            .with("producer2:8080", URI.create("http://127.0.0.1:8082"));

    assertThat(program.refusal(file.write(folder, 8100))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void faultyFileIsRefused(BalancerProgram program) {
    assumeInstalled(program);
    var faulty = new BalancerFile(program, "nonsense here;\n");

    assertThat(program.refusal(faulty.write(folder, 8100)).orElse("")).contains("nonsense");
  }

  @ParameterizedTest
  @EnumSource
  void sameThreeMachinesMakeTheSameFile(BalancerProgram program) {
    BalancerFile shipped = plainWrappers(program);

    BalancerFile same =
        shipped.withMachines(
            List.of(
                new Machine(URI.create("http://gpu1:8001"), 3),
                new Machine(URI.create("http://gpu2:8001"), 1),
                new Machine(URI.create("http://gpu3:8001"), 2)));

    assertThat(same.text().lines().toList()).isEqualTo(shipped.text().lines().toList());
  }

  @Test
  void nothingListensOutsideLoopback() throws Exception {
    Path written = plainWrappers(BalancerProgram.NGINX).write(folder, 8100);

    assertThat(written).content().contains("listen 127.0.0.1:8100;").doesNotContain("listen 8001");
  }

  private static void assumeInstalled(BalancerProgram program) {
    assumeThat(program.find())
        .as("%s is not installed, so nobody can judge its files", program.command())
        .isPresent();
  }
}
