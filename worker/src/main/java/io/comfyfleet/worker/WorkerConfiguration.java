package io.comfyfleet.worker;

import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.worker.artifact.InputProperties;
import io.comfyfleet.worker.artifact.InputTransfer;
import io.comfyfleet.worker.artifact.OutputTransfer;
import io.comfyfleet.worker.artifact.StoreProperties;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyProperties;
import io.comfyfleet.worker.comfy.ComfySocket;
import io.comfyfleet.worker.comfy.HealthProperties;
import io.comfyfleet.worker.execution.JobHandler;
import io.comfyfleet.worker.intake.IntakeProperties;
import io.comfyfleet.worker.node.Node;
import io.comfyfleet.worker.node.NodeIdentity;
import io.comfyfleet.worker.node.NodeProperties;
import io.comfyfleet.worker.node.ProgramExit;
import java.net.http.HttpClient;
import java.time.Clock;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the features share. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
  ComfyProperties.class,
  HealthProperties.class,
  StoreProperties.class,
  InputProperties.class
})
class WorkerConfiguration {
  /** This process's name on ComfyUI's websocket; two processes must never share one. */
  private final String clientId = UUID.randomUUID().toString();

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  @Bean
  MessageCodec messageCodec() {
    return new MessageCodec();
  }

  /** Its close would wait for the websocket's end, which may never come. */
  @Bean(destroyMethod = "shutdownNow")
  HttpClient httpClient(ComfyProperties comfy) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(comfy.connectTimeout())
        .followRedirects(HttpClient.Redirect.NEVER)
        .executor(Executors.newVirtualThreadPerTaskExecutor())
        .build();
  }

  @Bean
  ComfyClient comfyClient(HttpClient http, ComfyProperties properties) {
    return new ComfyClient(http, properties, clientId);
  }

  @Bean(initMethod = "start")
  ComfySocket comfySocket(HttpClient http, ComfyProperties properties) {
    return new ComfySocket(http, properties, clientId);
  }

  @Bean
  InputTransfer inputTransfer(
      HttpClient http, ComfyClient comfy, InputProperties inputs, StoreProperties store) {
    return new InputTransfer(http, comfy, inputs, store);
  }

  @Bean
  OutputTransfer outputTransfer(HttpClient http, ComfyClient comfy, StoreProperties store) {
    return new OutputTransfer(http, comfy, store);
  }

  @Bean
  JobHandler jobHandler(
      ComfyClient comfy,
      ComfySocket socket,
      ComfyProperties properties,
      HealthProperties health,
      InputTransfer inputs,
      OutputTransfer outputs,
      Node node,
      Clock clock) {
    return new JobHandler(
        comfy, socket, properties, health, inputs, outputs, node.identity().id(), clock);
  }

  @Bean
  Node node(
      NodeProperties properties, ComfyProperties comfy, IntakeProperties intake, Clock clock) {
    String version =
        Objects.requireNonNullElse(
            WorkerApplication.class.getPackage().getImplementationVersion(), "development");
    NodeIdentity identity =
        new NodeIdentity(
            NodeIdentity.idOr(properties.id(), comfy.url()),
            comfy.url(),
            version,
            intake.laneLimits(),
            intake.strategy().wireName(),
            properties.heartbeatInterval(),
            clock.instant());
    return new Node(identity, intake.slots(), clock);
  }

  @Bean
  ProgramExit programExit(ApplicationContext context) {
    // A thread of its own: the end waits for the thread that asks for it.
    return () ->
        Thread.ofPlatform().name("exit").start(() -> System.exit(SpringApplication.exit(context)));
  }
}
