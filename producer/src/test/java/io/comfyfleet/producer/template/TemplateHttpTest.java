package io.comfyfleet.producer.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.wire.MessageCodec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest(
    classes = TemplateHttpTest.Slice.class,
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "spring.datasource.url=jdbc:h2:mem:templates;DB_CLOSE_DELAY=-1",
      "server.address=127.0.0.1",
      "fleet.template.defaults.checkpoint=my.safetensors"
    })
class TemplateHttpTest {
  @LocalServerPort private int port;

  @Test
  void listTellsWhatEachTemplateTakes() throws Exception {
    JsonNode templates = get("/api/templates", 200).path("templates");

    assertThat(templates.valueStream().map(one -> one.path("name").asString()))
        .containsExactly("demo-image", "demo-video", "image", "video");
    JsonNode image = templates.get(2);
    assertThat(image.path("type").asString()).isEqualTo("image");
    assertThat(image.path("is_default").asBoolean()).isTrue();
    assertThat(image.path("parameters").path("checkpoint").path("default").asString())
        .isEqualTo("my.safetensors");
    assertThat(image.path("parameters").path("width").path("multiple_of").asInt()).isEqualTo(8);
    assertThat(image.path("parameters").path("width").path("type").asString()).isEqualTo("integer");
    assertThat(image.has("workflow")).isFalse();
  }

  @Test
  void oneTemplateIsShownWithItsGraph() throws Exception {
    JsonNode video = get("/api/templates/video", 200);

    assertThat(video.path("inputs").path("image").path("required").asBoolean(true)).isFalse();
    assertThat(video.path("workflow").path("11").path("class_type").asString())
        .isEqualTo("SaveVideo");
    assertThat(get("/api/templates/nope", 404).path("type").asString())
        .isEqualTo("urn:comfyfleet:problem:template-not-found");
  }

  private JsonNode get(String path, int status) throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return MessageCodec.mapper().readTree(response.body());
  }

  @EnableAutoConfiguration
  @ComponentScan({"io.comfyfleet.producer.template", "io.comfyfleet.producer.problem"})
  static class Slice {
    @Bean
    JsonMapper mapper() {
      return MessageCodec.mapper();
    }
  }
}
