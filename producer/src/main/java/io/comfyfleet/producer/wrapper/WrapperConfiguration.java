package io.comfyfleet.producer.wrapper;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WrapperSettings.class)
class WrapperConfiguration {}
