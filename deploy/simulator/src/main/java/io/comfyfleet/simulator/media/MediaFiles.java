package io.comfyfleet.simulator.media;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.jcodec.api.awt.AWTSequenceEncoder;
import org.jcodec.common.io.NIOUtils;
import org.jcodec.common.io.SeekableByteChannel;
import org.jcodec.common.model.Rational;

/** Encodes pictures as real PNG and MP4 files. Blocks: not for the event loop. */
public final class MediaFiles {
  private static final int BEFORE_FIRST_CHUNK = 8 + 4 + 4 + 13 + 4;
  private static final float LITTLE_COMPRESSION = 0.9f;

  private MediaFiles() {}

  /**
   * Encodes a PNG as a node saves it.
   *
   * @param graph the text of the {@code prompt} tEXt chunk, ASCII only
   * @param machine ASCII; real machines do not make the same bytes of the same graph, because
   *     another GPU rounds otherwise and another Pillow compresses otherwise
   */
  public static byte[] png(BufferedImage image, String graph, String machine) throws IOException {
    return withText(withText(png(image), "machine", machine), "prompt", graph);
  }

  private static byte[] withText(byte[] plain, String keyword, String words) {
    byte[] text = (keyword + "\0" + words).getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer all = ByteBuffer.allocate(plain.length + text.length + 12);
    all.put(plain, 0, BEFORE_FIRST_CHUNK);
    all.putInt(text.length);
    int start = all.position();
    all.put("tEXt".getBytes(StandardCharsets.ISO_8859_1)).put(text);
    CRC32 crc = new CRC32();
    crc.update(all.array(), start, text.length + 4);
    all.putInt((int) crc.getValue());
    all.put(plain, BEFORE_FIRST_CHUNK, plain.length - BEFORE_FIRST_CHUNK);
    return all.array();
  }

  /**
   * Encodes a PNG, with little compression: what encoding costs here, a real machine spends on its
   * own CPU.
   */
  public static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    try (ImageOutputStream to = new MemoryCacheImageOutputStream(out)) {
      ImageWriteParam settings = writer.getDefaultWriteParam();
      settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      settings.setCompressionQuality(LITTLE_COMPRESSION);
      writer.setOutput(to);
      writer.write(null, new IIOImage(image, null, null), settings);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  /** Encodes a JPEG, as previews are. */
  public static byte[] jpeg(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.setUseCache(false);
    ImageIO.write(image, "jpg", out);
    return out.toByteArray();
  }

  /**
   * Writes an H.264 MP4 of all images of a batch; odd sizes lose a row or column, as 4:2:0 needs.
   *
   * @param fps frames per second
   */
  public static void mp4(Picture picture, double fps, Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (SeekableByteChannel out = NIOUtils.writableChannel(part.toFile())) {
      Rational rate = Rational.R((int) Math.round(fps * 1000), 1000);
      AWTSequenceEncoder encoder = new AWTSequenceEncoder(out, rate);
      BufferedImage frame = null;
      int drawn = -1;
      for (int i = 0; i < picture.count(); i++) {
        int wanted = picture instanceof Picture.Slice slice ? slice.sourceIndex(i) : i;
        if (frame == null || wanted != drawn) {
          frame = even(picture.draw(i));
          drawn = wanted;
        }
        encoder.encodeImage(frame);
      }
      encoder.finish();
    }
    Files.move(part, file);
  }

  private static BufferedImage even(BufferedImage image) {
    int width = Math.max(2, image.getWidth() & ~1);
    int height = Math.max(2, image.getHeight() & ~1);
    if (width == image.getWidth() && height == image.getHeight()) {
      return image;
    }
    BufferedImage cut = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D pen = cut.createGraphics();
    pen.drawImage(image, 0, 0, null);
    pen.dispose();
    return cut;
  }
}
