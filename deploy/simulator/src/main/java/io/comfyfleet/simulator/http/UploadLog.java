package io.comfyfleet.simulator.http;

import java.util.ArrayList;
import java.util.List;

/** Everything a node was sent, over all its lives. Safe for all threads. */
public final class UploadLog {
  private final List<Upload> uploads = new ArrayList<>();

  /** Returns all uploads, oldest first. */
  public synchronized List<Upload> all() {
    return List.copyOf(uploads);
  }

  synchronized void add(Upload upload) {
    uploads.add(upload);
  }
}
