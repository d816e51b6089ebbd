package io.comfyfleet.worker.comfy;

import java.io.IOException;
import java.io.InputStream;

/**
 * A file that is being read from ComfyUI. To be closed by the reader.
 *
 * @param contentType as ComfyUI told; {@code application/octet-stream} when it did not
 * @param length bytes; -1 when ComfyUI did not tell
 * @param body the bytes, not yet read
 */
public record ViewedFile(String contentType, long length, InputStream body)
    implements AutoCloseable {
  @Override
  public void close() throws IOException {
    body.close();
  }
}
