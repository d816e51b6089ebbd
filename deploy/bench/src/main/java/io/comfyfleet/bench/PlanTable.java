package io.comfyfleet.bench;

import io.comfyfleet.bench.Pictures.Picture;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The lines that compare the plans. */
final class PlanTable {
  private final Consumer<String> say;

  PlanTable(Consumer<String> say) {
    this.say = say;
    say.accept(
        "| machines | pictures | plan | made by each | answered | at first refused | lost | time"
            + " | least possible | ratio |");
    say.accept("|---|---|---|---|---|---|---|---|---|---|");
  }

  /**
   * @param names of the machines, in their order
   * @param least seconds in which the machines could have done it
   * @return whether every picture came
   */
  boolean line(
      String machines,
      String plan,
      List<String> names,
      List<Picture> pictures,
      double seconds,
      double least) {
    String each =
        names.stream()
            .map(name -> pictures.stream().filter(p -> name.equals(p.node())).count())
            .map(String::valueOf)
            .collect(Collectors.joining(" / "));
    long answered = pictures.stream().map(Picture::node).filter(Objects::nonNull).count();
    say.accept(
        String.format(
            Locale.ROOT,
            "| %s | %d | %s | %s | %d | %d | %d | %.1f s | %.1f s | %.2f |",
            machines,
            pictures.size(),
            plan,
            each,
            answered,
            pictures.stream().filter(p -> p.tries() > 1 || p.node() == null).count(),
            pictures.size() - answered,
            seconds,
            least,
            seconds / least));
    return answered == pictures.size();
  }

  /** The least time in which machines that need so long for a picture can make so many. */
  static double least(List<Double> seconds, int pictures) {
    return leastWithoutFirst(seconds, pictures, Double.MAX_VALUE);
  }

  /** The same, when the first machine is gone after so many seconds. */
  static double leastWithoutFirst(List<Double> seconds, int pictures, double gone) {
    return IntStream.range(0, seconds.size())
        .boxed()
        .flatMap(machine ->
            IntStream.rangeClosed(1, pictures)
                .mapToObj(count -> count * seconds.get(machine))
                .filter(end -> machine > 0 || end <= gone))
        .sorted()
        .skip(pictures - 1L)
        .findFirst()
        .orElseThrow();
  }
}
