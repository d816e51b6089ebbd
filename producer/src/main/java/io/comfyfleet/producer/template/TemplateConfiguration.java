package io.comfyfleet.producer.template;

import java.security.SecureRandom;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TemplateSettings.class)
class TemplateConfiguration {
  @Bean
  Templates templates(TemplateSettings settings) {
    return new Templates(settings, new SecureRandom());
  }
}
