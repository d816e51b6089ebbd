package io.comfyfleet.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Loopback ports nobody listens on at the moment of asking; nothing reserves them. */
public final class FreePorts {

  private FreePorts() {}

  /** {@code count} different free ports of 127.0.0.1. */
  public static List<Integer> onLoopback(int count) {
    var held = new ArrayList<ServerSocket>();
    try {
      try {
        for (int i = 0; i < count; i++) {
          held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        return held.stream().map(ServerSocket::getLocalPort).toList();
      } finally {
        for (ServerSocket socket : held) {
          socket.close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot find " + count + " free loopback ports", e);
    }
  }
}
