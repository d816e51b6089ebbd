package io.comfyfleet.outbound;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;

/**
 * The operator's list of addresses that may be called although a caller chose them: input files and
 * callbacks. Without it anybody who can submit a job could make the fleet call into the operator's
 * network.
 *
 * <p>An entry is {@code host}, {@code host:port}, {@code *.domain}, or {@code *} for every address
 * that is public: not loopback, private, link-local, unique-local, multicast or unspecified.
 *
 * @param allowed entries, compared without regard to case
 */
public record OutboundRule(List<String> allowed) {
  /** Lower-cases and copies. */
  public OutboundRule {
    allowed = allowed.stream().map(entry -> entry.trim().toLowerCase(Locale.ROOT)).toList();
  }

  /**
   * Whether the address may be called. Looks names up when only {@code *} could allow them, so it
   * may block.
   */
  public boolean allows(URI address) {
    if (address.getHost() == null) {
      return false;
    }
    String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return false;
    }
    String host = address.getHost().toLowerCase(Locale.ROOT);
    int port = address.getPort() != -1 ? address.getPort() : scheme.equals("https") ? 443 : 80;
    for (String entry : allowed) {
      if (entry.equals(host)
          || entry.equals(host + ":" + port)
          || (entry.startsWith("*.") && host.endsWith(entry.substring(1)))) {
        return true;
      }
    }
    return allowed.contains("*") && isPublic(host);
  }

  /** One sentence for whoever was refused. */
  public String refusal(URI address) {
    return "must point to an address that the operator allows, was host \""
        + address.getHost()
        + "\"; allowed: "
        + (allowed.isEmpty() ? "none" : String.join(", ", allowed));
  }

  private static boolean isPublic(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        boolean uniqueLocal =
            address.getAddress().length == 16 && (address.getAddress()[0] & 0xfe) == 0xfc;
        if (address.isAnyLocalAddress()
            || address.isLoopbackAddress()
            || address.isLinkLocalAddress()
            || address.isSiteLocalAddress()
            || address.isMulticastAddress()
            || uniqueLocal) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
