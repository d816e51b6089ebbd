package io.comfyfleet.simulator.wrapper;

import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An HTTP service on 127.0.0.1 in front of one ComfyUI, as simple as such services are: jobs go to
 * it one after another, what it knows of them is in its memory, and a repeated request is another
 * job. {@code POST /api/image/generate} answers with the picture, {@code /api/image/submit} at once
 * and {@code status} and {@code result} later; the same for {@code video}.
 *
 * <p>Threads: any may call; starting and closing block.
 */
public final class PlainWrapper implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  private final String name;
  private final HttpServer server;

  private PlainWrapper(String name, HttpServer server) {
    this.name = name;
    this.server = server;
  }

  /**
   * Starts one.
   *
   * @param vertx its threads; not closed with it
   * @param name what it calls itself in its answers
   * @param comfyUi the ComfyUI it drives; need not answer yet
   * @param port where it listens; 0 for a free one
   * @throws IllegalStateException when the port is taken
   */
  public static PlainWrapper start(Vertx vertx, String name, URI comfyUi, int port) {
    Context context = vertx.getOrCreateContext();
    Promise<HttpServer> listening = Promise.promise();
    context.runOnContext(now -> {
      ComfyLine line = new ComfyLine(vertx, comfyUi);
      vertx
          .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
          .requestHandler(new WrapperRoutes(name, line))
          .listen(port, "127.0.0.1")
          .onComplete(listening);
    });
    try {
      HttpServer server = listening.future().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return new PlainWrapper(name, server);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "Wrapper " + name + " did not start within " + PATIENCE_SECONDS + " s", e);
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "Wrapper " + name + " cannot listen on 127.0.0.1:" + port + ": choose another port, or 0",
          e);
    }
  }

  /** Returns the address, without a slash at its end. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + server.actualPort());
  }

  /** Returns what it calls itself. */
  public String name() {
    return name;
  }

  /** Ends it; requests that wait get no answer. */
  @Override
  public void close() {
    try {
      server.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "Wrapper " + name + " did not end within " + PATIENCE_SECONDS + " s", e);
    }
  }
}
