package io.comfyfleet.producer.artifact;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StoreSettings.class)
class ArtifactConfiguration {
  @Bean
  ArtifactStore artifactStore(StoreSettings settings) {
    return new FolderStore(settings.directory(), settings.minFree());
  }
}
