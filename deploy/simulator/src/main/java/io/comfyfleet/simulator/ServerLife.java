package io.comfyfleet.simulator;

import io.comfyfleet.simulator.event.EventSockets;
import io.comfyfleet.simulator.execution.PromptRunner;
import io.comfyfleet.simulator.graph.NodeCatalog;
import io.comfyfleet.simulator.http.ComfyRoutes;
import io.comfyfleet.simulator.http.FactRoutes;
import io.comfyfleet.simulator.http.ServerParts;
import io.comfyfleet.simulator.queue.History;
import io.comfyfleet.simulator.queue.PromptQueue;
import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One server process, from its start to its end: it owns all that a crash loses. */
final class ServerLife {
  private final HttpServer server;
  private final PromptRunner runner;
  private final Set<HttpConnection> connections = new HashSet<>();
  private final Set<HttpConnection> socketConnections = new HashSet<>();

  ServerLife(NodeState node, ServerParts.Power power) {
    PromptQueue queue = new PromptQueue();
    History history = new History();
    var flavour = node.options().flavour();
    EventSockets sockets = new EventSockets(() -> FactRoutes.features(flavour), node.faults());
    NodeCatalog catalog =
        new NodeCatalog(flavour, node.options().models(), node.folders()::inputs, node.faults());
    this.runner =
        new PromptRunner(
            new PromptRunner.Parts(
                node.vertx(),
                node.options(),
                queue,
                history,
                sockets,
                catalog,
                node.folders(),
                node.faults(),
                node.log(),
                power::restart,
                this::dropSockets),
            node.times());
    ComfyRoutes routes =
        new ComfyRoutes(
            new ServerParts(
                node.vertx(),
                node.options(),
                queue,
                history,
                sockets,
                runner,
                catalog,
                node.folders(),
                node.faults(),
                node.log(),
                node.uploads(),
                power));
    HttpServerOptions http =
        new HttpServerOptions()
            .setMaxWebSocketFrameSize(64 << 20)
            .setMaxWebSocketMessageSize(64 << 20)
            .setMaxInitialLineLength(16_384)
            .setHttp2ClearTextEnabled(false);
    this.server = node.vertx().createHttpServer(http);
    server.connectionHandler(this::opened);
    server.requestHandler(request -> {
      if (request.getHeader("Upgrade") != null) {
        socketConnections.add(request.connection());
      }
      routes.handle(request);
    });
  }

  private void opened(HttpConnection connection) {
    connections.add(connection);
    connection.closeHandler(end -> {
      connections.remove(connection);
      socketConnections.remove(connection);
    });
  }

  Future<Integer> listen(int port) {
    return server.listen(port, "127.0.0.1").map(HttpServer::actualPort);
  }

  /** Ends this life as SIGKILL would: no close frames, no answers, nothing recorded. */
  Future<Void> kill() {
    runner.kill();
    List.copyOf(connections).forEach(ServerLife::cut);
    return server.close();
  }

  private void dropSockets() {
    List.copyOf(socketConnections).forEach(ServerLife::cut);
  }

  /** Closes the TCP connection below the protocol, whose handlers would say goodbye. */
  private static void cut(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      Channel channel = base.channel();
      channel.unsafe().close(channel.voidPromise());
    }
  }
}
