package io.comfyfleet.producer.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.job.RunStatus;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.node.RunningJob;
import io.comfyfleet.producer.run.JobState;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The words of the dashboard, in both languages. */
class WordsTest {
  private static final Path TEMPLATES = Path.of("src", "main", "resources", "templates");
  private static final Pattern KEY =
      Pattern.compile("#\\{([a-z][a-z0-9_.]*)|msg\\('([a-z0-9_.]+[a-z0-9])'");

  private final Properties english = words("/messages.properties");
  private final Properties chinese = words("/messages_zh.properties");

  @Test
  void bothLanguagesSayTheSameThings() {
    assertThat(new TreeSet<>(chinese.stringPropertyNames()))
        .isEqualTo(new TreeSet<>(english.stringPropertyNames()));
  }

  @Test
  void everyKeyOfATemplateHasItsWords() throws IOException {
    Set<String> used = new TreeSet<>();
    try (Stream<Path> files = Files.list(TEMPLATES)) {
      for (Path file : files.toList()) {
        KEY.matcher(Files.readString(file))
            .results()
            .map(match -> match.group(1) == null ? match.group(2) : match.group(1))
            .forEach(used::add);
      }
    }

    assertThat(used).hasSizeGreaterThan(50);
    assertThat(english.stringPropertyNames()).containsAll(used);
  }

  @Test
  void everyStateHasAName() {
    assertThat(english.stringPropertyNames())
        .containsAll(names("node.", NodeState.values()))
        .containsAll(names("state.", JobState.values()))
        .containsAll(names("run.", RunStatus.values()))
        .containsAll(names("phase.", RunningJob.Phase.values()));
  }

  @Test
  void everySentenceWithNumbersCanBeFormed() {
    for (Properties words : List.of(english, chinese)) {
      words.forEach((key, value) -> {
        if (value.toString().contains("{")) {
          assertThat(
                  new MessageFormat(value.toString(), Locale.ROOT)
                      .format(new Object[] {2, 3, 4, 5}))
              .as(key.toString())
              .doesNotContain("{");
        }
      });
    }
  }

  private static List<String> names(String prefix, Enum<?>[] values) {
    return Arrays.stream(values)
        .map(value -> prefix + value.name().toLowerCase(Locale.ROOT))
        .toList();
  }

  private static Properties words(String resource) {
    Properties words = new Properties();
    try (Reader reader =
        new InputStreamReader(
            WordsTest.class.getResourceAsStream(resource), StandardCharsets.UTF_8)) {
      words.load(reader);
    } catch (IOException e) {
      throw new IllegalStateException(resource, e);
    }
    return words;
  }
}
