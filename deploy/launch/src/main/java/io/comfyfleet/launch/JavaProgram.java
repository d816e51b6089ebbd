package io.comfyfleet.launch;

import io.comfyfleet.process.ChildProcess;
import io.comfyfleet.process.Command;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One of the fleet's own programs, run by the Java that runs this one.
 *
 * @param name what people call it; also the name of its log
 * @param jar executable jar
 * @param heapMb largest heap in MiB
 * @param arguments program arguments
 * @param environment variables added to those of this process
 */
public record JavaProgram(
    String name, Path jar, int heapMb, List<String> arguments, Map<String, String> environment) {

  /** Copies the collections. */
  public JavaProgram {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  /** Starts it; its output goes to {@code logs/NAME.log}. It ends with this process. */
  public ChildProcess start(Path logs) {
    return ChildProcess.start(new Command(name, words(), environment, log(logs)));
  }

  /**
   * Starts it so that it goes on when this process, or the terminal, has ended; its output is added
   * to {@code logs/NAME.log}.
   *
   * @throws IOException when the log cannot be written or there is no {@code nohup}
   */
  public Process startDetached(Path logs) throws IOException {
    Files.createDirectories(logs);
    var words = new ArrayList<>(List.of("nohup"));
    words.addAll(words());
    var builder = new ProcessBuilder(words);
    builder.environment().putAll(environment);
    builder.redirectInput(Redirect.from(Path.of("/dev/null").toFile()));
    builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log(logs).toFile()));
    return builder.start();
  }

  private Path log(Path logs) {
    return logs.resolve(name.replace(' ', '-') + ".log");
  }

  private List<String> words() {
    var words = new ArrayList<String>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("-Xmx" + heapMb + "m");
    words.add("-Xss512k");
    words.add("-XX:+UseSerialGC");
    // Half a program is worse than none: its jobs go to others when it has ended.
    words.add("-XX:+ExitOnOutOfMemoryError");
    // Many programs start at once on one machine: the first compiler tier is enough and cheap.
    words.add("-XX:TieredStopAtLevel=1");
    // And as each of them does little, it would interpret for minutes what it compiles so late.
    words.add("-XX:CompileThresholdScaling=0.02");
    words.add("--enable-native-access=ALL-UNNAMED");
    words.add("-jar");
    words.add(jar.toString());
    words.addAll(arguments);
    return words;
  }
}
