package io.comfyfleet.producer.artifact;

import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;

/**
 * Lets an uploader read why it was refused. Tomcat by default answers {@code Expect: 100-continue}
 * before anybody looked at the request, and resets the connection when more than 2 MiB of a refused
 * body are still to come; the uploader then sees a broken connection and not the 413 or 507.
 */
@Component
class UploadConnector implements WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> {
  private static final int SWALLOWED_BYTES = 64 * 1024 * 1024;

  @Override
  public void customize(ConfigurableTomcatWebServerFactory factory) {
    factory.addConnectorCustomizers(connector -> {
      if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http) {
        http.setContinueResponseTiming("onRead");
        http.setMaxSwallowSize(SWALLOWED_BYTES);
      }
    });
  }
}
