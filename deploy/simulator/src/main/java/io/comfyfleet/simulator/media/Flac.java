package io.comfyfleet.simulator.media;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Encodes silence as a valid FLAC stream: constant subframes only. */
public final class Flac {
  private static final int BLOCK = 4096;

  private Flac() {}

  /**
   * Encodes 16-bit silence.
   *
   * @param samples samples per channel
   * @param rate samples per second, below 655350
   * @param channels 1 or 2
   */
  public static byte[] silence(long samples, int rate, int channels) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("fLaC".getBytes(StandardCharsets.US_ASCII));
    ByteBuffer info = ByteBuffer.allocate(38);
    info.put((byte) 0x80).put((byte) 0).putShort((short) 34);
    info.putShort((short) BLOCK).putShort((short) BLOCK).putShort((short) 0).putInt(0);
    long packed = ((long) rate << 44) | ((long) (channels - 1) << 41) | (15L << 36) | samples;
    info.position(info.position()).putLong(packed);
    out.writeBytes(info.array());
    long left = samples;
    for (int frame = 0; left > 0; frame++) {
      int size = (int) Math.min(BLOCK, left);
      out.writeBytes(frame(frame, size, channels));
      left -= size;
    }
    return out.toByteArray();
  }

  private static byte[] frame(int number, int size, int channels) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0xFF);
    out.write(0xF8);
    out.write(0x70);
    out.write((channels - 1) << 4 | 0x08);
    out.writeBytes(new String(Character.toChars(number)).getBytes(StandardCharsets.UTF_8));
    out.write((size - 1) >> 8);
    out.write(size - 1);
    out.write(crc(out.toByteArray(), 8, 0x07));
    for (int channel = 0; channel < channels; channel++) {
      out.write(0);
      out.write(0);
      out.write(0);
    }
    int crc = crc(out.toByteArray(), 16, 0x8005);
    out.write(crc >> 8);
    out.write(crc);
    return out.toByteArray();
  }

  private static int crc(byte[] bytes, int width, int polynomial) {
    int crc = 0;
    for (byte one : bytes) {
      crc ^= (one & 0xFF) << (width - 8);
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1 << (width - 1)) != 0 ? crc << 1 ^ polynomial : crc << 1;
      }
      crc &= (1 << width) - 1;
    }
    return crc;
  }
}
