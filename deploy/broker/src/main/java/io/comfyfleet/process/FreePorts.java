package io.comfyfleet.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Loopback ports nobody listens on at the moment of asking; nothing reserves them.
 *
 * <p>They are below the range from which systems take ports for outgoing connections (from 32768 on
 * Linux, from 49152 elsewhere). A server that is restarted would otherwise find, now and then, that
 * some connection of another program has taken its port meanwhile.
 */
public final class FreePorts {

  private static final int FIRST = 15_000;
  private static final int LAST = 32_000;
  private static final int MOST_TRIES = 1000;

  private FreePorts() {}

  /** {@code count} different free ports of 127.0.0.1. */
  public static List<Integer> onLoopback(int count) {
    var ports = new ArrayList<Integer>();
    for (int tries = 0; ports.size() < count; tries++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
      if (!ports.contains(port) && isFree(port)) {
        ports.add(port);
      }
      if (tries > MOST_TRIES) {
        throw new IllegalStateException("Cannot find " + count + " free loopback ports");
      }
    }
    return List.copyOf(ports);
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
