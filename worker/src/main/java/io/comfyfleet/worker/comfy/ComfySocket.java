package io.comfyfleet.worker.comfy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One websocket per process, a hint that makes polling fast. Nothing depends on it: every message
 * may be lost.
 *
 * <ol>
 *   <li>One thread opens, watches and closes; a new socket is opened only after the old one's end,
 *       because ComfyUI strikes the client's id off when it notices the end of an older socket, and
 *       the newer one then stays open and hears nothing (seen on 0.33.0).
 *   <li>ComfyUI sends no pings, so this side does, and takes three silent intervals for the end:
 *       the JDK (25) does not tell of an end that arrives while it hands on a message.
 *   <li>A socket that tells nothing after a prompt was submitted is deaf: closed and opened anew.
 * </ol>
 */
public final class ComfySocket implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ComfySocket.class);
  private static final int LARGEST_MESSAGE = 8 * 1024 * 1024;
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(1);
  private static final Duration RETRY_WAIT = Duration.ofSeconds(1);

  private final HttpClient http;
  private final ComfyProperties properties;
  private final URI address;
  private final Map<String, PromptEvents> prompts = new ConcurrentHashMap<>();
  private volatile @Nullable Instant submittedAt;
  private volatile boolean hearing;
  private volatile Instant openedAt = Instant.MAX;
  private volatile Instant lastWork = Instant.MIN;
  private volatile boolean closed;
  private @Nullable Thread watcher;

  /**
   * @param http client to use
   * @param properties address and intervals
   * @param clientId the id that prompts are submitted with; must be this process's own
   */
  public ComfySocket(HttpClient http, ComfyProperties properties, String clientId) {
    this.http = http;
    this.properties = properties;
    this.address =
        URI.create(
            properties.url().toString().replaceFirst("^http", "ws") + "/ws?clientId=" + clientId);
  }

  /** Opens the socket and keeps one open until {@link #close}. Returns at once. */
  public void start() {
    watcher = Thread.ofVirtual().name("comfy-socket").start(this::watch);
  }

  /** Tells the sink of that prompt's events until {@link #ignore}. */
  public void follow(UUID promptId, PromptSink sink) {
    prompts.put(promptId.toString(), new PromptEvents(sink));
  }

  /** To be called when a prompt was submitted: a socket that is not deaf tells of it. */
  public void submitted() {
    submittedAt = Instant.now();
  }

  /** Whether ComfyUI tells this socket what goes on, as far as can be known. */
  public boolean isHearing() {
    return hearing;
  }

  /** Whether one and the same socket has been heard since then: ComfyUI was not restarted. */
  public boolean isHearingSince(Instant time) {
    return hearing && openedAt.isBefore(time);
  }

  /** Notes that ComfyUI was seen at work on a prompt of which this socket may not hear. */
  public void worked() {
    lastWork = Instant.now();
  }

  /** When ComfyUI last told of work on any prompt of this process, or was seen at it. */
  public Instant lastWork() {
    return lastWork;
  }

  /** Ends {@link #follow}. */
  public void ignore(UUID promptId) {
    prompts.remove(promptId.toString());
  }

  @Override
  public void close() {
    closed = true;
    if (watcher != null) {
      watcher.interrupt();
    }
  }

  private void watch() {
    while (!closed) {
      try {
        Session session = new Session();
        openedAt = Instant.now();
        WebSocket socket =
            http.newWebSocketBuilder()
                .connectTimeout(properties.connectTimeout())
                .buildAsync(address, session)
                .join();
        // Something may have ended while nobody listened.
        prompts.values().forEach(PromptEvents::hint);
        try {
          keep(socket, session);
          end(socket, session);
        } finally {
          hearing = false;
          socket.abort();
        }
      } catch (CompletionException e) {
        log.atDebug().setCause(e).log("websocket not open");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      pause();
    }
  }

  private void keep(WebSocket socket, Session session) throws InterruptedException {
    long interval = properties.pingInterval().toMillis();
    Instant pinged = Instant.now();
    while (!closed && !session.ended.await(Math.min(interval, 500), TimeUnit.MILLISECONDS)) {
      Instant now = Instant.now();
      if (session.lastHeard.plusMillis(3 * interval).isBefore(now)) {
        log.atDebug().log("websocket silent");
        return;
      }
      if (isDeaf(session, now)) {
        log.atDebug().log("websocket deaf");
        submittedAt = null;
        hearing = false;
        return;
      }
      if (pinged.plusMillis(interval).isBefore(now)) {
        pinged = now;
        socket.sendPing(ByteBuffer.allocate(0));
      }
    }
  }

  private boolean isDeaf(Session session, Instant now) {
    Instant submitted = submittedAt;
    return submitted != null
        && submitted.plus(properties.deafAfter()).isBefore(now)
        && session.lastText.isBefore(submitted);
  }

  private static void end(WebSocket socket, Session session) throws InterruptedException {
    if (!socket.isOutputClosed()) {
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
    }
    if (!session.ended.await(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
      socket.abort();
    }
  }

  private void pause() {
    try {
      Thread.sleep(RETRY_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  private void dispatch(String text) {
    SocketMessage message = SocketMessage.parse(text);
    if (message == null) {
      return;
    }
    if (message.promptId() != null) {
      lastWork = Instant.now();
    }
    PromptEvents events = message.promptId() == null ? null : prompts.get(message.promptId());
    if (events != null) {
      events.take(message);
    }
  }

  /** One open socket. Its callbacks come one after another. */
  private final class Session implements WebSocket.Listener {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final StringBuilder fragments = new StringBuilder();
    private boolean tooLarge;
    private boolean heardFirst;
    private volatile Instant lastHeard = Instant.now();
    // A socket that was just opened is given the time to prove that it hears.
    private volatile Instant lastText = Instant.now();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      lastHeard = Instant.now();
      tooLarge |= fragments.length() + data.length() > LARGEST_MESSAGE;
      if (!tooLarge) {
        fragments.append(data);
      }
      if (last) {
        // The first message of a socket comes even to one that is deaf afterwards.
        hearing |= heardFirst;
        heardFirst = true;
        lastText = Instant.now();
        if (tooLarge) {
          prompts.values().forEach(PromptEvents::hint);
        } else {
          dispatch(fragments.toString());
        }
        fragments.setLength(0);
        fragments.trimToSize();
        tooLarge = false;
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      lastHeard = Instant.now();
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
      lastHeard = Instant.now();
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
      ended.countDown();
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      ended.countDown();
    }
  }
}
