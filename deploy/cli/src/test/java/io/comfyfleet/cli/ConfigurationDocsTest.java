package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The page of settings and the programs' own metadata name the same keys. */
class ConfigurationDocsTest {
  private static final Pattern KEY = Pattern.compile("^\\| `(fleet\\.[^`]+)`");

  @Test
  void everySettingIsOnThePageAndNothingElse() throws IOException {
    assertThat(documented()).isEqualTo(settings());
  }

  private static Set<String> settings() throws IOException {
    Set<String> keys = new TreeSet<>();
    ClassLoader loader = ConfigurationDocsTest.class.getClassLoader();
    for (URL metadata :
        Collections.list(loader.getResources("META-INF/spring-configuration-metadata.json"))) {
      try (InputStream in = metadata.openStream()) {
        for (JsonNode property : JsonMapper.shared().readTree(in).path("properties").values()) {
          String name = property.path("name").asString();
          if (name.startsWith("fleet.")) {
            keys.add(name);
          }
        }
      }
    }
    return keys;
  }

  private static Set<String> documented() throws IOException {
    Set<String> keys = new TreeSet<>();
    for (String line : Files.readAllLines(Path.of("../../docs/configuration.md"))) {
      Matcher row = KEY.matcher(line);
      if (row.find()) {
        keys.add(row.group(1));
      }
    }
    return keys;
  }
}
