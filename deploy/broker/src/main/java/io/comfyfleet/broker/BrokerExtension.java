package io.comfyfleet.broker;

import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test class a real RabbitMQ: one broker per JVM, found by {@link Brokers#findForTests},
 * and on it a fresh virtual host per test class, deleted afterwards. On a broker given by its URI
 * the virtual host of that URI is used as it is.
 *
 * <p>Use it as {@code @ExtendWith(BrokerExtension.class)} with parameters of type {@link Broker} or
 * {@link VirtualHost}, or as a static {@code @RegisterExtension} field and its {@link #uri()}, for
 * example in a {@code @DynamicPropertySource}. Nested classes share their outer class's virtual
 * host. A fault handle such as {@link Broker#restart()} is felt by every class of the JVM, so
 * classes that use one must not run beside others.
 */
public final class BrokerExtension implements BeforeAllCallback, ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(BrokerExtension.class);

  private @Nullable VirtualHost virtualHost;

  @Override
  public void beforeAll(ExtensionContext context) {
    virtualHost = of(context);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Broker.class || type == VirtualHost.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    VirtualHost found = of(context);
    return parameter.getParameter().getType() == Broker.class ? found.broker() : found;
  }

  /** The broker shared by all test classes of this JVM. */
  public Broker broker() {
    return virtualHost().broker();
  }

  /**
   * This test class's own part of the broker.
   *
   * @throws IllegalStateException before the class's first test, or when the field is not static
   */
  public VirtualHost virtualHost() {
    if (virtualHost == null) {
      throw new IllegalStateException(
          "No broker yet: register BrokerExtension in a static field, and ask from a test,"
              + " a @BeforeAll or a @DynamicPropertySource");
    }
    return virtualHost;
  }

  /** URI of {@link #virtualHost()}. */
  public String uri() {
    return virtualHost().uri();
  }

  private static VirtualHost of(ExtensionContext context) {
    ExtensionContext outermost = context;
    while (outermost.getParent().flatMap(ExtensionContext::getTestClass).isPresent()) {
      outermost = outermost.getParent().orElseThrow();
    }
    Class<?> testClass = outermost.getRequiredTestClass();
    Store session = context.getStore(StoreScope.LAUNCHER_SESSION, NAMESPACE);
    Broker broker = session.computeIfAbsent("broker", key -> find(), Broker.class);
    return outermost
        .getStore(NAMESPACE)
        .computeIfAbsent(
            "virtual host", key -> OwnedHost.create(broker, testClass), OwnedHost.class)
        .host();
  }

  private static Broker find() {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    Broker broker = new Brokers(System.getenv(), System.out::println).findForTests(folder);
    Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "broker-close"));
    System.out.println("Tests use " + broker.description());
    return broker;
  }

  /** Deleted by JUnit, which closes what is in the class's store when the class has ended. */
  private record OwnedHost(VirtualHost host, boolean created) implements AutoCloseable {

    static OwnedHost create(Broker broker, Class<?> testClass) {
      if (!broker.isControllable()) {
        return new OwnedHost(new VirtualHost(broker, "as given", broker.uri()), false);
      }
      String suffix = UUID.randomUUID().toString().substring(0, 8);
      String name = testClass.getSimpleName() + "-" + suffix;
      broker.createVirtualHost(name);
      return new OwnedHost(new VirtualHost(broker, name, broker.uri(name)), true);
    }

    @Override
    public void close() {
      if (created) {
        host.broker().deleteVirtualHost(host.name());
      }
    }
  }
}
