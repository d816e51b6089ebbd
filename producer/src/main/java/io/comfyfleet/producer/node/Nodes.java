package io.comfyfleet.producer.node;

import org.springframework.stereotype.Component;

/** Every node that was heard of. Thread-safe. */
@Component
public class Nodes {
  /** Whether a node takes jobs of that lane now. */
  public boolean serves(String lane) {
    return false;
  }
}
