package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.media.Flac;
import io.comfyfleet.simulator.media.Folders;
import io.comfyfleet.simulator.media.MediaFiles;
import io.comfyfleet.simulator.media.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What each node class does. Blocks on files: runs on a worker thread. */
final class NodeWork {
  private final Folders folders;
  private final String tempPrefix;
  private final String machine;

  /**
   * Creates the work.
   *
   * @param tempPrefix the prefix of preview files, new for every server life
   */
  NodeWork(Folders folders, String tempPrefix) {
    this.folders = folders;
    this.tempPrefix = tempPrefix;
    this.machine = Integer.toHexString(folders.base().hashCode());
  }

  /** One node's inputs: links resolved, literals as JSON. */
  record Call(String type, Map<String, Object> inputs, String graph) {
    Picture picture(String name) {
      return (Picture) value(name);
    }

    Object value(String name) {
      Object value = inputs.get(name);
      if (value == null) {
        throw new IllegalStateException(type + " has no input " + name);
      }
      return value;
    }

    int number(String name) {
      return value(name) instanceof JsonNode json
          ? json.asInt(0)
          : ((Number) value(name)).intValue();
    }

    double fraction(String name) {
      return value(name) instanceof JsonNode json
          ? json.asDouble(0)
          : ((Number) value(name)).doubleValue();
    }

    String text(String name) {
      return value(name) instanceof JsonNode json ? json.asString() : String.valueOf(value(name));
    }
  }

  /** A latent batch. */
  record Latent(int width, int height, int count, long seed) {}

  /** A video that is not encoded yet. */
  record Video(Picture frames, double fps) {}

  /** Silence. */
  record Audio(double seconds, int rate, int channels) {}

  NodeResult run(Call call) throws IOException, NodeFailure {
    return switch (call.type()) {
      case "EmptyImage" -> emptyImage(call);
      case "LoadImage" -> loadImage(call);
      case "ImageScale" -> scale(call);
      case "ImageInvert" -> NodeResult.of(new Picture.Inverted(call.picture("image")));
      case "ImageBlur" -> NodeResult.of(call.picture("image"));
      case "RepeatImageBatch" -> repeat(call);
      case "ImageFromBatch" ->
          NodeResult.of(
              new Picture.Slice(
                  call.picture("image"), call.number("batch_index"), call.number("length")));
      case "EmptyLatentImage" ->
          NodeResult.of(
              new Latent(
                  call.number("width"), call.number("height"), call.number("batch_size"), 0));
      case "CheckpointLoaderSimple" ->
          NodeResult.of(call.text("ckpt_name"), call.text("ckpt_name"), call.text("ckpt_name"));
      case "CLIPTextEncode" -> NodeResult.of(call.text("text"));
      case "KSampler" -> sample(call);
      case "VAEDecode" -> decode(call);
      case "CreateVideo" -> NodeResult.of(new Video(call.picture("images"), call.fraction("fps")));
      case "EmptyAudio" ->
          NodeResult.of(
              new Audio(
                  call.fraction("duration"), call.number("sample_rate"), call.number("channels")));
      case "TestSleep" -> NodeResult.of(call.value("value"));
      case "PrimitiveString" -> NodeResult.of(call.text("value"));
      case "TestSyncError" ->
          throw new NodeFailure("RuntimeError", "Intentional sync execution error for testing\n");
      default -> save(call);
    };
  }

  private NodeResult save(Call call) throws IOException, NodeFailure {
    return switch (call.type()) {
      case "SaveImage" -> images(call, "output", call.text("filename_prefix"));
      case "PreviewImage" -> images(call, "temp", tempPrefix);
      case "SaveVideo" -> {
        Video video = (Video) call.value("video");
        yield video(call, video.frames(), video.fps(), "_.mp4");
      }
      case "SaveWEBM" -> video(call, call.picture("images"), call.fraction("fps"), "_.webm");
      case "VHS_VideoCombine" -> combine(call);
      case "SaveAudio" -> audio(call);
      case "PreviewAny" -> text(call);
      case "SaveImageWebsocket" -> overSocket(call);
      default -> throw new NodeFailure("NotImplementedError", call.type());
    };
  }

  private static NodeResult emptyImage(Call call) throws NodeFailure {
    long bytes =
        12L * call.number("width") * call.number("height") * Math.max(1, call.number("batch_size"));
    if (bytes > 1L << 36) {
      throw new NodeFailure(
          "RuntimeError",
          "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory:"
              + " you tried to allocate "
              + bytes
              + " bytes. Error code 12 (Cannot allocate memory)\n");
    }
    return NodeResult.of(
        new Picture.Plain(
            call.number("width"),
            call.number("height"),
            call.number("batch_size"),
            call.number("color")));
  }

  private NodeResult loadImage(Call call) throws IOException, NodeFailure {
    String name = call.text("image");
    Path file =
        folders
            .find(name)
            .orElseThrow(
                () -> new NodeFailure("FileNotFoundError", "No such file: '" + name + "'\n"));
    BufferedImage image = ImageIO.read(file.toFile());
    if (image == null) {
      throw new NodeFailure(
          "PIL.UnidentifiedImageError", "cannot identify image file '" + file + "'\n");
    }
    Picture picture = new Picture.Stored(file, image.getWidth(), image.getHeight());
    return NodeResult.of(picture, "mask");
  }

  private static NodeResult scale(Call call) {
    Picture source = call.picture("image");
    int width = call.number("width");
    int height = call.number("height");
    if (width == 0 && height == 0) {
      return NodeResult.of(source);
    }
    if (width == 0) {
      width = Math.max(1, Math.round((float) source.width() * height / source.height()));
    } else if (height == 0) {
      height = Math.max(1, Math.round((float) source.height() * width / source.width()));
    }
    return NodeResult.of(new Picture.Scaled(source, width, height));
  }

  private static NodeResult repeat(Call call) {
    Picture source = call.picture("image");
    return NodeResult.of(new Picture.Slice(source, 0, source.count() * call.number("amount")));
  }

  private static NodeResult sample(Call call) {
    Latent latent = (Latent) call.value("latent_image");
    long seed = ((JsonNode) call.value("seed")).bigIntegerValue().longValue();
    long mixed = 31 * seed + call.text("positive").hashCode() + 7L * call.text("model").hashCode();
    return NodeResult.of(new Latent(latent.width(), latent.height(), latent.count(), mixed));
  }

  private static NodeResult decode(Call call) {
    Latent latent = (Latent) call.value("samples");
    return NodeResult.of(
        new Picture.Dream(latent.width(), latent.height(), latent.count(), latent.seed()));
  }

  private NodeResult images(Call call, String type, String prefix) throws IOException, NodeFailure {
    Picture picture = call.picture("images");
    Folders.Slot slot =
        slot(
            type,
            prefix
                .replace("%width%", "" + picture.width())
                .replace("%height%", "" + picture.height()),
            "_.png");
    ObjectNode ui = JsonMapper.shared().createObjectNode();
    ArrayNode files = ui.putArray("images");
    for (int i = 0; i < picture.count(); i++) {
      Path file = slot.folder().resolve(slot.name(i));
      Files.write(file, MediaFiles.png(picture.draw(i), call.graph(), machine));
      files.add(item(slot.name(i), slot.subfolder(), type));
    }
    return NodeResult.shown(ui);
  }

  private Folders.Slot slot(String type, String prefix, String ending) throws NodeFailure {
    try {
      return folders.next(type, prefix, ending);
    } catch (IOException e) {
      throw new NodeFailure("Exception", "**** ERROR: " + e.getMessage() + "\n");
    }
  }

  private NodeResult video(Call call, Picture frames, double fps, String ending)
      throws IOException, NodeFailure {
    Folders.Slot slot = slot("output", call.text("filename_prefix"), ending);
    MediaFiles.mp4(frames, fps, slot.folder().resolve(slot.name(0)));
    ObjectNode ui = JsonMapper.shared().createObjectNode();
    ui.putArray("images").add(item(slot.name(0), slot.subfolder(), "output"));
    ui.putArray("animated").add(true);
    return NodeResult.shown(ui);
  }

  private NodeResult combine(Call call) throws IOException, NodeFailure {
    boolean keep = call.value("save_output") instanceof JsonNode flag && flag.asBoolean(true);
    String type = keep ? "output" : "temp";
    Folders.Slot slot = slot(type, call.text("filename_prefix"), ".mp4");
    Picture frames = call.picture("images");
    double fps = call.fraction("frame_rate");
    Path file = slot.folder().resolve(slot.name(0));
    MediaFiles.mp4(frames, fps, file);
    String poster = slot.name(0).replace(".mp4", ".png");
    Files.write(
        slot.folder().resolve(poster), MediaFiles.png(frames.draw(0), call.graph(), machine));
    ObjectNode item = item(slot.name(0), slot.subfolder(), type);
    item.put("format", call.text("format")).put("frame_rate", fps);
    item.put("workflow", poster).put("fullpath", file.toString());
    ObjectNode ui = JsonMapper.shared().createObjectNode();
    ui.putArray("gifs").add(item);
    return new NodeResult(List.of(file.toString()), ui, List.of());
  }

  private NodeResult audio(Call call) throws IOException, NodeFailure {
    Audio audio = (Audio) call.value("audio");
    Folders.Slot slot = slot("output", call.text("filename_prefix"), ".flac");
    long samples = Math.round(audio.seconds() * audio.rate());
    Files.write(
        slot.folder().resolve(slot.name(0)), Flac.silence(samples, audio.rate(), audio.channels()));
    ObjectNode ui = JsonMapper.shared().createObjectNode();
    ui.putArray("audio").add(item(slot.name(0), slot.subfolder(), "output"));
    return NodeResult.shown(ui);
  }

  private static NodeResult text(Call call) {
    ObjectNode ui = JsonMapper.shared().createObjectNode();
    ui.putArray("text").add(call.text("source"));
    return NodeResult.shown(ui);
  }

  private static NodeResult overSocket(Call call) throws IOException {
    Picture picture = call.picture("images");
    List<byte[]> previews = new ArrayList<>();
    for (int i = 0; i < picture.count(); i++) {
      previews.add(MediaFiles.png(picture.draw(i)));
    }
    return new NodeResult(List.of(), null, previews);
  }

  private static ObjectNode item(String name, @Nullable String subfolder, String type) {
    return JsonMapper.shared()
        .createObjectNode()
        .put("filename", name)
        .put("subfolder", subfolder)
        .put("type", type);
  }
}
