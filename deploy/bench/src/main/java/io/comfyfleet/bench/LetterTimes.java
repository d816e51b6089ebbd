package io.comfyfleet.bench;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.comfyfleet.launch.FleetFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Each operation on the dead letters over HTTP: how long it takes, and whether its count is right.
 */
final class LetterTimes {
  private static final String LETTERS = "/api/dead-letters";
  private static final Duration CALL_LIMIT = Duration.ofMinutes(10);
  private static final int LOOKS = 5;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final JsonMapper mapper = new JsonMapper();
  private final Machines machines;
  private final int letters;
  private final Consumer<String> say;
  private @Nullable String fault;

  LetterTimes(Machines machines, int letters, Consumer<String> say) {
    this.machines = machines;
    this.letters = letters;
    this.say = say;
  }

  /** Runs all; what was not exact, or null. */
  @Nullable String run() {
    try (Connection connection = Amqp.connect(machines.brokerUri(), "dead letters bench", false)) {
      Channel channel = connection.createChannel();
      var undertaker = new Undertaker(connection, machines.producerUrl(), http, mapper);
      time("fill", () -> undertaker.bury(letters), JsonNode::asLong, letters);
      looks(channel);
      removeAndReplaySome();
      replayAtOnce();
      int left = letters - letters / 10 - 2 * (letters / 100) - 2;
      time(
          "replay all",
          () -> post("/replay", "{\"all\":true}"),
          json -> json.get("replayed").asLong(),
          left);
      await(channel, "fleet.jobs.image", letters - letters / 100);
      check("letters left", depth(channel, "fleet.dead"), 0);
    } catch (IOException | TimeoutException e) {
      throw new FleetFailure("The broker went away: " + e, e);
    }
    return fault;
  }

  private void looks(Channel channel) throws IOException {
    ToLongFunction<JsonNode> total = json -> json.get("total").asLong();
    time("list, 1st", () -> get("?limit=50"), total, letters);
    long[] millis = new long[LOOKS];
    for (int i = 0; i < LOOKS; i++) {
      millis[i] = time("list", () -> get("?limit=50"), total, letters);
    }
    Arrays.sort(millis);
    say.accept("list, median of " + LOOKS + ": " + millis[LOOKS / 2] + " ms");
    time(
        "filter by reason",
        () -> get("?reason=" + Undertaker.REASONS[0]),
        json -> json.get("matching").asLong(),
        letters / Undertaker.REASONS.length);
    time("group", () -> get("/groups"), total, letters);
    JsonNode last = mapper.readTree(get("?limit=1&offset=" + (letters - 1)));
    String id = last.at("/letters/0/id").asString();
    time(
        "show the last",
        () -> get("/" + id),
        json -> json.get("id").asString().equals(id) ? 1 : 0,
        1);
    long begun = System.nanoTime();
    long lines = get("/export").lines().count();
    report("export", millisSince(begun), lines, letters);
    check("letters after looking", depth(channel, "fleet.dead"), letters);
  }

  private void removeAndReplaySome() {
    String first = ids(1).getFirst();
    time(
        "replay one",
        () -> post("/" + first + "/replay", "{}"),
        json -> json.get("replayed").asLong(),
        1);
    String edited = ids(1).getFirst();
    time(
        "edit and replay",
        () -> post("/" + edited + "/replay", "{\"job\":{\"priority\":9}}"),
        json -> json.get("replayed").asLong(),
        1);
    time(
        "discard 1 %",
        () -> post("/discard", "{\"all\":true,\"limit\":" + letters / 100 + "}"),
        json -> json.get("discarded").asLong(),
        letters / 100);
    time(
        "replay 10 %",
        () -> post("/replay", "{\"all\":true,\"limit\":" + letters / 10 + "}"),
        json -> json.get("replayed").asLong(),
        letters / 10);
  }

  /** Two people mean the same letters in the same moment. */
  private void replayAtOnce() {
    int count = letters / 100;
    String body = mapper.writeValueAsString(Map.of("ids", ids(count)));
    long begun = System.nanoTime();
    List<CompletableFuture<String>> both =
        Stream.generate(() -> CompletableFuture.supplyAsync(() -> post("/replay", body)))
            .limit(2)
            .toList();
    long replayed =
        both.stream()
            .mapToLong(answer -> mapper.readTree(answer.join()).get("replayed").asLong())
            .sum();
    report("replay 1 %, two at once", millisSince(begun), replayed, count);
  }

  /** Of the oldest letters. */
  private List<String> ids(int count) {
    return mapper
        .readTree(get("?limit=" + count))
        .get("letters")
        .valueStream()
        .map(letter -> letter.get("id").asString())
        .toList();
  }

  private interface Call {
    Object make() throws IOException;
  }

  private long time(String what, Call call, ToLongFunction<JsonNode> count, long wanted) {
    long begun = System.nanoTime();
    try {
      Object answer = call.make();
      long millis = millisSince(begun);
      JsonNode json = mapper.readTree(String.valueOf(answer));
      report(what, millis, count.applyAsLong(json), wanted);
      return millis;
    } catch (IOException e) {
      throw new FleetFailure(what + ": " + e, e);
    }
  }

  private void report(String what, long millis, long count, long wanted) {
    say.accept(String.format(Locale.ROOT, "%-24s %7d ms  %d of %d", what, millis, count, wanted));
    check(what, count, wanted);
  }

  private void check(String what, long count, long wanted) {
    if (count != wanted && fault == null) {
      fault = what + " was " + count + ", not " + wanted;
    }
  }

  private void await(Channel channel, String queue, long count) throws IOException {
    long end = System.nanoTime() + CALL_LIMIT.toNanos();
    while (depth(channel, queue) < count && System.nanoTime() < end) {
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
    check("jobs on " + queue, depth(channel, queue), count);
  }

  private static long depth(Channel channel, String queue) throws IOException {
    return channel.messageCount(queue);
  }

  private String get(String path) {
    return send(request(path).GET().build());
  }

  private String post(String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  private HttpRequest.Builder request(String path) {
    URI address = machines.producerUrl().resolve(LETTERS + path);
    return HttpRequest.newBuilder(address).timeout(CALL_LIMIT);
  }

  private String send(HttpRequest request) {
    try {
      var answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new FleetFailure(request.uri() + " answered " + answer.body());
      }
      return answer.body();
    } catch (IOException e) {
      throw new FleetFailure(request.uri() + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted", e);
    }
  }

  private static long millisSince(long begun) {
    return Duration.ofNanos(System.nanoTime() - begun).toMillis();
  }
}
