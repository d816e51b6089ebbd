package io.comfyfleet.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TableTest {
  private static final Terminal FILE = new Terminal(false, false, 120, false);

  @Test
  void columnsAreAlignedAndNumbersStandToTheRight() {
    Table table = new Table(List.of("NODE", ">JOBS", "STATUS"), Set.of());
    table.row("node-1", 3, "busy").row("n2", 12, "online");

    assertThat(table.render(FILE).lines())
        .containsExactly(
            "NODE    JOBS  STATUS", //
            "node-1     3  busy",
            "n2        12  online");
  }

  @Test
  void onlyFlexibleColumnsAreCutToTheTerminal() {
    Table table = new Table(List.of("ID", "MESSAGE"), Set.of("MESSAGE"));
    table.row("5f0c9a52-7e43-4c0f-9d5b-5e0f5d3f9a11", "CUDA out of memory while sampling step 12");

    String text = table.render(new Terminal(true, true, 60, false));

    assertThat(text.lines()).allMatch(line -> line.length() <= 60);
    assertThat(text).contains("5f0c9a52-7e43-4c0f-9d5b-5e0f5d3f9a11", "CUDA out of memory", "…");
  }

  @Test
  void chineseTakesTwoColumnsAndControlCharactersNone() {
    Table table = new Table(List.of("PROMPT", "LANE"), Set.of("PROMPT"));
    table.row("雪中的狐狸", "image").row("a\u001b[31m\nb", "video");

    assertThat(table.render(FILE).lines())
        .containsExactly("PROMPT      LANE", "雪中的狐狸  image", "a [31m b    video");
  }

  @Test
  void statesAreColouredOnATerminalUnlessThatIsUnwanted() {
    Properties properties = new Properties();
    properties.setProperty("fleet.terminal.output", "1");
    properties.setProperty("fleet.terminal.columns", "80");
    Table table = new Table(List.of("STATUS"), Set.of()).row("failed");

    assertThat(table.render(Terminal.of(properties, Map.of()))).contains("\u001b[31mfailed");
    assertThat(table.render(Terminal.of(properties, Map.of("NO_COLOR", "1"))))
        .isEqualTo("STATUS\nfailed");
    assertThat(Terminal.of(new Properties(), Map.of()))
        .isEqualTo(new Terminal(false, false, 120, false));
  }
}
