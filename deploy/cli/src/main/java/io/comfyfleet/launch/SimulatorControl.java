package io.comfyfleet.launch;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** The routes by which a simulated machine is told how to behave; see docs/simulator.md. */
public final class SimulatorControl {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private SimulatorControl() {}

  /** Sets how long every later prompt takes. */
  public static void pace(URI simulator, double seconds) {
    send(
        HttpRequest.newBuilder(simulator.resolve("/simulator/pace"))
            .PUT(BodyPublishers.ofString("{\"seconds\":" + seconds + "}")));
  }

  private static void send(HttpRequest.Builder builder) {
    HttpRequest request = builder.timeout(Duration.ofSeconds(10)).build();
    try {
      int status = HTTP.send(request, BodyHandlers.discarding()).statusCode();
      if (status / 100 != 2) {
        throw new FleetFailure(request.method() + " " + request.uri() + " answered " + status);
      }
    } catch (IOException e) {
      throw new FleetFailure(request.method() + " " + request.uri() + " failed: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted", e);
    }
  }
}
