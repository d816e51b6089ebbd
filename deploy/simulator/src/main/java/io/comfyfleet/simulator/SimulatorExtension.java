package io.comfyfleet.simulator;

import io.comfyfleet.simulator.setup.SimulatorOptions;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test method that asks for a {@link SimulatedComfyUi} one with default options of its own,
 * and closes it afterwards. Needs JUnit on the class path, which the simulator does not bring.
 */
public final class SimulatorExtension implements ParameterResolver {
  private static final Namespace NODES = Namespace.create(SimulatorExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == SimulatedComfyUi.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getStore(NODES)
        .computeIfAbsent(
            parameter.getIndex(),
            index -> SimulatedComfyUi.start(SimulatorOptions.defaults()),
            SimulatedComfyUi.class);
  }
}
