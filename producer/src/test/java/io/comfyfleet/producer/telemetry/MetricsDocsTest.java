package io.comfyfleet.producer.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.telemetry.MetricNames;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page of metrics, the names in the code, and what Grafana asks for are the same. */
class MetricsDocsTest {
  private static final Path PAGE = Path.of("../docs/metrics.md");
  private static final Pattern USED = Pattern.compile("\\bfleet_[a-z_]+");

  private record Row(String name, String type, String unit, String prometheus) {
    Meter.Type meter() {
      return Meter.Type.valueOf(type.toUpperCase(Locale.ROOT));
    }

    Stream<String> series() {
      return meter() == Meter.Type.TIMER
          ? Stream.of("_bucket", "_count", "_sum", "_max").map(prometheus::concat)
          : Stream.of(prometheus);
    }
  }

  @Test
  void pageNamesEveryMeterAndNothingElse() throws Exception {
    Set<String> constants = new TreeSet<>();
    for (Field field : MetricNames.class.getFields()) {
      if (Modifier.isStatic(field.getModifiers())) {
        constants.add((String) field.get(null));
      }
    }

    assertThat(rows()).extracting(Row::name).containsExactlyInAnyOrderElementsOf(constants);
  }

  @Test
  void pageTellsTheNamesThatPrometheusSees() throws IOException {
    PrometheusNamingConvention convention = new PrometheusNamingConvention();

    for (Row row : rows()) {
      String unit = row.unit().equals("–") ? null : row.unit();
      String seen = convention.name(row.name(), row.meter(), unit);
      // The exposition adds to a counter what the convention leaves out.
      boolean bare = row.meter() == Meter.Type.COUNTER && !seen.endsWith("_total");
      assertThat(row.prometheus()).isEqualTo(bare ? seen + "_total" : seen);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"comfyfleet-dashboard.json", "alerts.yaml"})
  void grafanaAsksForNothingThatIsNotMeasured(String file) throws IOException {
    Set<String> series = new HashSet<>();
    rows().forEach(row -> row.series().forEach(series::add));
    Matcher used = USED.matcher(Files.readString(Path.of("../deploy/grafana", file)));
    Set<String> asked = new TreeSet<>();
    while (used.find()) {
      asked.add(used.group());
    }

    assertThat(asked).isNotEmpty().isSubsetOf(series);
  }

  private static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("| `fleet.")) {
        List<String> cells =
            Arrays.stream(line.split("\\|", -1))
                .map(cell -> cell.strip().replace("`", ""))
                .toList();
        rows.add(new Row(cells.get(1), cells.get(2), cells.get(5), cells.get(6)));
      }
    }
    return rows;
  }
}
