package io.comfyfleet.producer.openapi;

import io.swagger.v3.oas.models.OpenAPI;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What springdoc is told beyond its properties. */
@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {
  /** Without paths, which the controllers give. */
  @Bean
  OpenAPI openApi() {
    OpenAPI words = ApiWords.read();
    return new OpenAPI()
        .info(words.getInfo())
        .servers(words.getServers())
        .tags(words.getTags())
        .components(words.getComponents());
  }

  @Bean
  RecordSchemas recordSchemas() {
    return new RecordSchemas();
  }

  @Bean
  OpenApiCustomizer apiWords() {
    return new ApiWords();
  }
}
