package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.Flavour;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The routes that tell what a server is and has. */
public final class FactRoutes {
  private static final long MEMORY = 25_276_502_016L;
  private static final List<String> FOLDERS =
      List.of(
          "checkpoints",
          "configs",
          "loras",
          "vae",
          "text_encoders",
          "diffusion_models",
          "clip_vision",
          "style_models",
          "embeddings",
          "diffusers",
          "vae_approx",
          "controlnet",
          "gligen",
          "upscale_models",
          "hypernetworks",
          "photomaker",
          "classifiers",
          "model_patches",
          "audio_encoders");

  private final ServerParts parts;

  FactRoutes(ServerParts parts) {
    this.parts = parts;
  }

  void systemStats(HttpServerRequest request) {
    boolean recent = parts.options().flavour().hasJobs();
    ObjectNode body = Reply.object();
    ObjectNode system = body.putObject("system");
    system.put("os", recent ? "linux" : "posix");
    system.put("ram_total", MEMORY).put("ram_free", MEMORY / 2);
    system.put("comfyui_version", parts.options().flavour().version());
    system.put("required_frontend_version", recent ? "1.49.6" : "1.27.10");
    system.putNull("installed_templates_version");
    system.put("required_templates_version", recent ? "0.11.44" : "0.1.95");
    if (recent) {
      system
          .putArray("comfy_package_versions")
          .addObject()
          .put("name", "comfyui-frontend-package")
          .putNull("installed")
          .put("required", "1.49.6");
    }
    system.put("python_version", "3.13.5 (main) [GCC 14.2.0]");
    system.put("pytorch_version", "2.6.0").put("embedded_python", false);
    if (recent) {
      system.put("deploy_environment", "local-git");
    }
    system.putArray("argv").add("main.py").add("--listen").add("127.0.0.1");
    ObjectNode device = body.putArray("devices").addObject();
    device.put("name", "cpu").put("type", "cpu").putNull("index");
    device.put("vram_total", MEMORY).put("vram_free", MEMORY / 2);
    device.put("torch_vram_total", MEMORY).put("torch_vram_free", MEMORY / 2);
    Reply.json(request, 200, body);
  }

  ObjectNode features() {
    return features(parts.options().flavour());
  }

  /** Returns what a version answers to {@code /features} and to a {@code feature_flags} message. */
  public static ObjectNode features(Flavour flavour) {
    ObjectNode body = Reply.object();
    body.put("supports_preview_metadata", true);
    if (flavour.hasCancel()) {
      body.put("supports_model_type_tags", true);
    }
    body.put("max_upload_size", 104_857_600);
    if (flavour.hasJobs()) {
      body.putObject("extension").putObject("manager").put("supports_v4", true);
      body.put("node_replacements", true).put("assets", false);
    }
    return body;
  }

  void objectInfo(HttpServerRequest request) {
    ObjectNode body = Reply.object();
    for (String name : parts.catalog().names()) {
      body.set(name, parts.catalog().info(name));
    }
    answerSlowly(request, body);
  }

  void objectInfo(HttpServerRequest request, String name) {
    ObjectNode body = Reply.object();
    ObjectNode info = parts.catalog().info(name);
    if (info != null) {
      body.set(name, info);
    }
    answerSlowly(request, body);
  }

  private void answerSlowly(HttpServerRequest request, ObjectNode body) {
    parts
        .faults()
        .take(Fault.SLOW_OBJECT_INFO)
        .ifPresentOrElse(
            plan ->
                parts
                    .vertx()
                    .setTimer(
                        Math.max(1, plan.time().toMillis()),
                        timer -> Reply.json(request, 200, body)),
            () -> Reply.json(request, 200, body));
  }

  void models(HttpServerRequest request) {
    ArrayNode body = JsonMapper.shared().createArrayNode();
    FOLDERS.forEach(body::add);
    Reply.json(request, 200, body);
  }

  void models(HttpServerRequest request, String folder) {
    if (!FOLDERS.contains(folder)) {
      Reply.empty(request, 404);
      return;
    }
    ArrayNode body = JsonMapper.shared().createArrayNode();
    if (folder.equals("checkpoints") && parts.faults().peek(Fault.MODEL_MISSING).isEmpty()) {
      parts.options().models().forEach(body::add);
    }
    Reply.json(request, 200, body);
  }

  void emptyList(HttpServerRequest request) {
    Reply.json(request, 200, JsonMapper.shared().createArrayNode());
  }

  void users(HttpServerRequest request) {
    Reply.json(request, 200, Reply.object().put("storage", "server").put("migrated", false));
  }
}
