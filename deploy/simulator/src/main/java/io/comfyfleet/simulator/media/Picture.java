package io.comfyfleet.simulator.media;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.RescaleOp;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A batch of images that is drawn only when it is saved, so that a cached one costs no memory. */
public sealed interface Picture {

  /** Returns the width in pixels. */
  int width();

  /** Returns the height in pixels. */
  int height();

  /** Returns how many images the batch has. */
  int count();

  /**
   * Draws one image.
   *
   * @param index from 0 to {@code count() - 1}
   * @throws IOException when a file it comes from cannot be read any more
   */
  BufferedImage draw(int index) throws IOException;

  /** A batch in one colour, {@code 0xRRGGBB}. */
  record Plain(int width, int height, int count, int colour) implements Picture {
    @Override
    public BufferedImage draw(int index) {
      BufferedImage image = blank(width, height);
      Graphics2D pen = image.createGraphics();
      pen.setColor(new Color(colour));
      pen.fillRect(0, 0, width, height);
      pen.dispose();
      return image;
    }
  }

  /** What a sampler makes up: a gradient that depends on the seed and the index. */
  record Dream(int width, int height, int count, long seed) implements Picture {
    @Override
    public BufferedImage draw(int index) {
      int mix = Long.hashCode((seed + index) * 0x9E3779B97F4A7C15L);
      BufferedImage image = blank(width, height);
      Graphics2D pen = image.createGraphics();
      Color from = new Color(mix & 0xffffff);
      pen.setPaint(new GradientPaint(0, 0, from, width, height, new Color(~mix & 0xffffff)));
      pen.fillRect(0, 0, width, height);
      pen.dispose();
      return image;
    }
  }

  /** An image file. */
  record Stored(Path file, int width, int height) implements Picture {
    @Override
    public int count() {
      return 1;
    }

    @Override
    public BufferedImage draw(int index) throws IOException {
      BufferedImage read = ImageIO.read(file.toFile());
      if (read == null) {
        throw new IOException("cannot identify image file '" + file.getFileName() + "'");
      }
      BufferedImage image = blank(width, height);
      Graphics2D pen = image.createGraphics();
      pen.drawImage(read, 0, 0, null);
      pen.dispose();
      return image;
    }
  }

  /** Another batch at another size. */
  record Scaled(Picture source, int width, int height) implements Picture {
    @Override
    public int count() {
      return source.count();
    }

    @Override
    public BufferedImage draw(int index) throws IOException {
      BufferedImage image = blank(width, height);
      Graphics2D pen = image.createGraphics();
      pen.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
      pen.drawImage(source.draw(index), 0, 0, width, height, null);
      pen.dispose();
      return image;
    }
  }

  /** Another batch with inverted colours. */
  record Inverted(Picture source) implements Picture {
    @Override
    public int width() {
      return source.width();
    }

    @Override
    public int height() {
      return source.height();
    }

    @Override
    public int count() {
      return source.count();
    }

    @Override
    public BufferedImage draw(int index) throws IOException {
      BufferedImage image = source.draw(index);
      return new RescaleOp(-1f, 255f, null).filter(image, null);
    }
  }

  /** A run of images of another batch; beyond its end it starts again. */
  record Slice(Picture source, int from, int count) implements Picture {
    @Override
    public int width() {
      return source.width();
    }

    @Override
    public int height() {
      return source.height();
    }

    @Override
    public BufferedImage draw(int index) throws IOException {
      return source.draw(sourceIndex(index));
    }

    /** Returns which image of the source stands at an index. */
    int sourceIndex(int index) {
      return (from + index) % source.count();
    }
  }

  private static BufferedImage blank(int width, int height) {
    return new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
  }
}
