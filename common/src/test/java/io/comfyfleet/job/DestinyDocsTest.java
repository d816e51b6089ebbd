package io.comfyfleet.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table that people read and the one that decides are the same. */
class DestinyDocsTest {
  private static final Pattern ROW = Pattern.compile("^\\| `(\\w+)` \\|.*\\| (\\w+) \\|$");

  @Test
  void everyErrorCodeStandsInTheDocsWithItsDestiny() throws IOException {
    Map<String, String> documented = new TreeMap<>();
    Files.readAllLines(Path.of("../docs/reliability.md")).stream()
        .map(ROW::matcher)
        .filter(row -> row.matches())
        .forEach(row -> documented.put(row.group(1), row.group(2)));

    Map<String, String> decided =
        Arrays.stream(ErrorCode.values())
            .collect(
                Collectors.toMap(ErrorCode::wireName, code -> code.destiny().name().toLowerCase()));

    assertThat(documented).isEqualTo(new TreeMap<>(decided));
  }

  @Test
  void errorThatNoAttemptCanCureIsDeadWhateverItsCode() {
    assertThat(JobError.permanent(ErrorCode.INPUT_NOT_FOUND, "404").destiny())
        .isEqualTo(Destiny.DEAD);
    assertThat(JobError.retryable(ErrorCode.INPUT_NOT_FOUND, "503").destiny())
        .isEqualTo(Destiny.RETRY);
    assertThat(JobError.permanent(ErrorCode.CANCELLED, "cancelled").destiny())
        .isEqualTo(Destiny.WITHDRAWN);
  }
}
