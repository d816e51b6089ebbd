package io.comfyfleet.simulator;

import io.comfyfleet.simulator.setup.Flavour;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.simulator.setup.Spread;
import io.comfyfleet.simulator.wrapper.PlainWrapper;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Starts simulated ComfyUI nodes and runs until it is stopped. */
@Command(
    name = "simulator",
    mixinStandardHelpOptions = true,
    description = "Starts ComfyUI nodes that need no GPU, on 127.0.0.1.")
public final class SimulatorMain implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--nodes", defaultValue = "1", description = "How many nodes (${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--names",
      split = ",",
      description = "What the nodes are called (node-1, node-2 ...).")
  private @Nullable List<String> names;

  @Option(
      names = "--port",
      split = ",",
      defaultValue = "0",
      description = "Ports; 0 is a free one. One port alone counts up from node to node.")
  private List<Integer> ports = List.of(0);

  @Option(names = "--seconds", defaultValue = "3", description = "Time of a prompt.")
  private double seconds;

  @Option(names = "--video-seconds", description = "Time of a prompt that writes a video.")
  private @Nullable Double videoSeconds;

  @Option(
      names = "--distribution",
      defaultValue = "FIXED",
      description = "How times vary: fixed or seeded (${DEFAULT-VALUE}).")
  private Spread distribution = Spread.FIXED;

  @Option(names = "--seed", defaultValue = "1", description = "Seed of the distribution.")
  private long seed;

  @Option(
      names = "--flavour",
      defaultValue = "0.33",
      description = "ComfyUI version: 0.3.64, 0.25 or 0.33 (${DEFAULT-VALUE}).")
  private String flavour = "0.33";

  @Option(
      names = "--model-switch-seconds",
      defaultValue = "0",
      description = "Time to load another checkpoint.")
  private double modelSwitchSeconds;

  @Option(
      names = "--models",
      split = ",",
      defaultValue = "sd.safetensors",
      description = "Checkpoints (${DEFAULT-VALUE}).")
  private List<String> models = List.of();

  @Option(
      names = "--wrapper-port",
      split = ",",
      description = {
        "Also a plain wrapper in front of each node, on these ports;",
        "0 is a free one. One port alone counts up."
      })
  private @Nullable List<Integer> wrapperPorts;

  @Option(names = "--output", description = "Folder for files; each node has its own below it.")
  private @Nullable Path output;

  /** Runs the program and exits with its code. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new SimulatorMain());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    CommandSpec known = spec;
    if (known == null) {
      throw new IllegalStateException("picocli did not set the command");
    }
    if (names != null && names.size() != nodes) {
      throw new ParameterException(
          known.commandLine(),
          "Give as many --names as --nodes: %d names, %d nodes".formatted(names.size(), nodes));
    }
    check(known, "--port", ports);
    if (wrapperPorts != null) {
      check(known, "--wrapper-port", wrapperPorts);
    }
    PrintWriter out = known.commandLine().getOut();
    Vertx vertx = SimulatedComfyUi.threads(Math.min(2, nodes));
    for (int i = 1; i <= nodes; i++) {
      SimulatorOptions options = options(i);
      SimulatedComfyUi node = SimulatedComfyUi.start(vertx, false, options);
      Runtime.getRuntime().addShutdownHook(new Thread(node::close));
      out.println("simulator " + options.name() + " ready on " + node.url());
      if (wrapperPorts != null) {
        int port = port(wrapperPorts, i);
        PlainWrapper wrapper = PlainWrapper.start(vertx, options.name(), node.url(), port);
        out.println("wrapper " + wrapper.name() + " ready on " + wrapper.url());
      }
      out.flush();
    }
    new CountDownLatch(1).await();
    return 0;
  }

  private void check(CommandSpec known, String option, List<Integer> given) {
    if (nodes < 1 || (given.size() != 1 && given.size() != nodes)) {
      throw new ParameterException(
          known.commandLine(),
          "Give one %s or as many as --nodes: %d ports, %d nodes"
              .formatted(option, given.size(), nodes));
    }
  }

  private static int port(List<Integer> ports, int index) {
    int first = ports.getFirst();
    return ports.size() > 1 ? ports.get(index - 1) : first == 0 ? 0 : first + index - 1;
  }

  private SimulatorOptions options(int index) {
    SimulatorOptions options =
        SimulatorOptions.defaults()
            .withName(names == null ? "node-" + index : names.get(index - 1))
            .withPort(port(ports, index))
            .withSeconds(seconds)
            .withVideoSeconds(videoSeconds == null ? seconds : videoSeconds)
            .withSpread(distribution, seed + index)
            .withFlavour(Flavour.of(flavour))
            .withModelSwitchSeconds(modelSwitchSeconds)
            .withModels(models.toArray(String[]::new));
    return output == null ? options : options.withOutput(output.resolve(options.name()));
  }
}
