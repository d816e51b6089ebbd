package io.comfyfleet.launch;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** The routes by which a simulated machine is told how to behave; see docs/simulator.md. */
public final class SimulatorControl {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private SimulatorControl() {}

  /** Sets how long every later prompt takes. */
  public static void pace(URI simulator, double seconds) {
    String body = "{\"seconds\":" + seconds + "}";
    send(request(simulator, "pace").PUT(BodyPublishers.ofString(body)));
  }

  /**
   * Lets a fault strike once, at the next prompt or connection that it fits.
   *
   * @param fault its name, for example {@code out_of_memory}
   */
  public static void arm(URI simulator, String fault) {
    String body = "{\"fault\":\"" + fault + "\"}";
    send(request(simulator, "faults").POST(BodyPublishers.ofString(body)));
  }

  /** Names of the faults that have not struck yet. */
  public static Set<String> armed(URI simulator) {
    var armed = new HashSet<String>();
    for (JsonNode plan : read(send(request(simulator, "faults")))) {
      armed.add(plan.path("fault").asString(""));
    }
    return armed;
  }

  /** Disarms a fault that has not struck yet; what has struck stays broken. */
  public static void disarm(URI simulator, String fault) {
    send(request(simulator, "faults?fault=" + fault).DELETE());
  }

  /** Ends the machine's ComfyUI as a crash would and starts it with queue and history empty. */
  public static void restart(URI simulator) {
    send(request(simulator, "restart").POST(BodyPublishers.noBody()));
  }

  /** What it has run, oldest first, over all restarts. */
  public static JsonNode executed(URI simulator) {
    return read(send(request(simulator, "executed")));
  }

  private static HttpRequest.Builder request(URI simulator, String route) {
    return HttpRequest.newBuilder(simulator.resolve("/simulator/" + route))
        .timeout(Duration.ofSeconds(10));
  }

  private static JsonNode read(String body) {
    return ProducerClient.JSON.readTree(body);
  }

  private static String send(HttpRequest.Builder builder) {
    HttpRequest request = builder.build();
    String call = request.method() + " " + request.uri();
    try {
      HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new FleetFailure(call + " answered " + answer.statusCode());
      }
      return answer.body();
    } catch (IOException e) {
      throw new FleetFailure(call + " failed: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted", e);
    }
  }
}
