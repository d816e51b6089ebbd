package io.comfyfleet.simulator;

import io.comfyfleet.simulator.media.MediaFiles;
import io.comfyfleet.simulator.media.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Pictures to upload. */
final class ConformancePictures {
  private ConformancePictures() {}

  static byte[] png(int width, int height, int colour) {
    try {
      return MediaFiles.png(new Picture.Plain(width, height, 1, colour).draw(0));
    } catch (IOException e) {
      throw new UncheckedIOException("Encoding a test picture", e);
    }
  }
}
