package io.comfyfleet.operator;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the script that lets a shell complete commands and options. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = "Prints the script that lets a shell complete commands and options.",
    footer = {
      "",
      "  bash: source <(./fleet completion bash)",
      "  zsh:  autoload -Uz compinit && compinit && source <(./fleet completion zsh)"
    })
public final class CompletionCommand implements Callable<Integer> {
  enum Shell {
    bash,
    zsh
  }

  @Spec private CommandSpec spec;

  // The script asks which of the two runs it.
  @Parameters(paramLabel = "bash|zsh", description = "The shell.")
  private Shell shell;

  /** Made by the command line only. */
  public CompletionCommand() {}

  @Override
  public Integer call() {
    CommandLine whole = spec.root().commandLine();
    whole.getOut().println(AutoComplete.bash("fleet", whole));
    whole.getOut().flush();
    return Exit.OK.code();
  }
}
