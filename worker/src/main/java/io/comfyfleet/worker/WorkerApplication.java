package io.comfyfleet.worker;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the worker. */
@SpringBootApplication(proxyBeanMethods = false)
public class WorkerApplication {

  /**
   * Runs until SIGTERM or a drain, then ends with status 0: a drained worker did not fail, although
   * the JVM would report the signal.
   */
  public static void main(String[] args) {
    SpringApplication.run(WorkerApplication.class, args);
    SpringApplication.getShutdownHandlers().add(() -> Runtime.getRuntime().halt(0));
  }
}
