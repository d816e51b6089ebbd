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
  private static final int HIGHEST_PORT = 65_535;

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
    if (port < 1 || port > HIGHEST_PORT) {
      return false;
    }
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
        byte[] bytes = address.getAddress();
        if (address.isAnyLocalAddress()
            || address.isLoopbackAddress()
            || address.isLinkLocalAddress()
            || address.isSiteLocalAddress()
            || address.isMulticastAddress()
            || (bytes.length == 4 ? isReserved(bytes) : isTranslatedOrLocal(bytes))) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** This network, carriers' shared space, protocol assignments, benchmarks, the future's. */
  private static boolean isReserved(byte[] address) {
    int first = address[0] & 0xff;
    int second = address[1] & 0xff;
    return first == 0
        || (first == 100 && (second & 0xc0) == 64)
        || (first == 192 && second == 0 && address[2] == 0)
        || (first == 198 && (second & 0xfe) == 18)
        || first >= 240;
  }

  /** Unique local addresses, and those that a gateway turns into IPv4 ones, private ones too. */
  private static boolean isTranslatedOrLocal(byte[] address) {
    int first = (address[0] & 0xff) << 8 | address[1] & 0xff;
    int second = (address[2] & 0xff) << 8 | address[3] & 0xff;
    return (first & 0xfe00) == 0xfc00
        || first == 0
        || (first == 0x64 && second == 0xff9b)
        || first == 0x2002;
  }
}
