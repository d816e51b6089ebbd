package io.comfyfleet.producer;

import io.comfyfleet.wire.MessageCodec;
import java.time.Clock;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;
import tools.jackson.databind.json.JsonMapper;

/** Starts the producer. */
@SpringBootApplication(proxyBeanMethods = false)
@ConfigurationPropertiesScan
@EnableScheduling
public class ProducerMain {
  /**
   * Runs until it is told to stop.
   *
   * @param args Spring Boot's, such as {@code --server.port=8081}
   */
  public static void main(String[] args) {
    SpringApplication.run(ProducerMain.class, args);
  }

  @Bean
  MessageCodec messageCodec() {
    return new MessageCodec();
  }

  /** HTTP bodies share records with the messages, so they share the mapper. */
  @Bean
  JsonMapper jsonMapper() {
    return MessageCodec.mapper();
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }
}
