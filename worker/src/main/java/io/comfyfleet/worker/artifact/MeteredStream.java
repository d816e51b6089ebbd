package io.comfyfleet.worker.artifact;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Counts and digests the bytes that pass, and fails when they are too many. */
final class MeteredStream extends FilterInputStream {
  private final MessageDigest digest;
  private final long limit;
  private volatile long count;
  private volatile @Nullable IOException broken;
  private volatile boolean waitedFor;

  MeteredStream(InputStream in, long limit) {
    super(in);
    this.limit = limit;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int read;
    waitedFor = true;
    try {
      read = super.read(buffer, offset, length);
    } catch (IOException e) {
      broken = e;
      throw e;
    } finally {
      waitedFor = false;
    }
    if (read > 0) {
      count += read;
      if (isOverLimit()) {
        throw new IOException("more than " + limit + " bytes");
      }
      digest.update(buffer, offset, read);
    }
    return read;
  }

  long count() {
    return count;
  }

  /** What ended the stream before its end, on the side it comes from; null when nothing did. */
  @Nullable IOException broken() {
    return broken;
  }

  /** Whether somebody waits for more of it now. */
  boolean isWaitedFor() {
    return waitedFor;
  }

  boolean isOverLimit() {
    return count > limit;
  }

  /** To be called once, after the last byte. */
  String sha256() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
