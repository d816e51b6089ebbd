package io.comfyfleet.worker.node;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What does not change while the worker runs.
 *
 * @param id name, unique in the fleet
 * @param url its ComfyUI
 * @param workerVersion version of this program
 * @param laneLimits lanes served at the start, and for each how many slots it may use
 * @param strategy by what the node is chosen among free ones; as in the settings
 * @param heartbeatInterval how often the node tells its state
 * @param startedAt start of the worker
 */
public record NodeIdentity(
    String id,
    URI url,
    String workerVersion,
    Map<String, Integer> laneLimits,
    String strategy,
    Duration heartbeatInterval,
    Instant startedAt) {

  /** The given name, or host name and ComfyUI's port. */
  public static String idOr(@Nullable String given, URI comfyUrl) {
    if (given != null && !given.isBlank()) {
      return given;
    }
    int port = comfyUrl.getPort() == -1 ? 80 : comfyUrl.getPort();
    return hostName().replaceAll("[^A-Za-z0-9._-]", "-") + "-" + port;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "node";
    }
  }
}
