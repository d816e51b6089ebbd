package io.comfyfleet.producer.run;

import java.net.URI;
import org.springframework.stereotype.Component;

/** Where callers reach this producer. */
@Component
public class PublicAddress {
  private final String base;

  PublicAddress(RunSettings settings) {
    this.base = settings.publicUrl().toString().replaceAll("/+$", "");
  }

  /** The address of a path that begins with a slash. */
  public URI of(String path) {
    return URI.create(base + path);
  }
}
