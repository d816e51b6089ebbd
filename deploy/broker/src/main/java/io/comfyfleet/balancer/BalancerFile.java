package io.comfyfleet.balancer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A shipped file, with the addresses of one machine instead of the ones it comes with.
 *
 * @param program whose file it is
 * @param text its text
 */
public record BalancerFile(BalancerProgram program, String text) {
  private static final Pattern MACHINE = Pattern.compile("gpu(\\d)");
  private static final Pattern WEIGHT = Pattern.compile("weight([ =])\\d+");
  private static final Pattern LISTEN = Pattern.compile("(listen |bind :)(\\d+)");

  /** nginx would take root's files for a lesser user's, and could not read them. */
  private static final String USER =
      "root".equals(System.getProperty("user.name")) ? "user root;" : "";

  private static final String NGINX_AROUND =
      """
      daemon off;
      %s
      worker_processes 2;
      pid nginx.pid;
      events {}
      http {
          access_log off;
          client_body_temp_path temp-body;
          proxy_temp_path temp-proxy;
          fastcgi_temp_path temp-fastcgi;
          uwsgi_temp_path temp-uwsgi;
          scgi_temp_path temp-scgi;
      %s
      }
      """;

  /**
   * Reads a file below {@code deploy}.
   *
   * @param home the checkout
   * @param name without its ending, such as {@code plain-wrappers}
   */
  public static BalancerFile of(Path home, BalancerProgram program, String name) {
    String ending = program == BalancerProgram.NGINX ? ".conf" : ".cfg";
    Path file = home.resolve("deploy").resolve(program.command()).resolve(name + ending);
    try {
      return new BalancerFile(program, Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  /**
   * A machine behind the balancer.
   *
   * @param weight how much it can do, compared with the others
   */
  public record Machine(URI url, int weight) {}

  /**
   * What an operator does who has these machines: one line for each where the file has one for
   * {@code gpu1}, {@code gpu2} and {@code gpu3}.
   */
  public BalancerFile withMachines(List<Machine> machines) {
    StringBuilder changed = new StringBuilder();
    for (String line : text.split("\n")) {
      var found = MACHINE.matcher(line);
      if (line.strip().startsWith("#") || !found.find()) {
        changed.append(line).append('\n');
      } else if (found.group(1).equals("1")) {
        for (int i = 1; i <= machines.size(); i++) {
          changed.append(line(line, i, machines.get(i - 1))).append('\n');
        }
      }
    }
    return new BalancerFile(program, changed.toString());
  }

  private static String line(String first, int number, Machine machine) {
    String line =
        first
            .replace("gpu1:8001", machine.url().getRawAuthority())
            .replace("gpu1", "gpu" + number)
            .replace(" id 1 ", " id " + number + " ")
            .replace(" eq 1 ", " eq " + number + " ");
    return WEIGHT.matcher(line).replaceFirst("weight$1" + machine.weight());
  }

  /**
   * Puts one address instead of another.
   *
   * @param shipped as the file has it, such as {@code producer1:8080}
   * @throws IllegalArgumentException when the file has no such address
   */
  public BalancerFile with(String shipped, URI url) {
    if (!text.contains(shipped)) {
      throw new IllegalArgumentException("The file of " + program + " has no " + shipped);
    }
    return new BalancerFile(program, text.replace(shipped, url.getRawAuthority()));
  }

  /**
   * Writes it, to be run by a user without rights and on loopback only.
   *
   * @param folder made when it is not there; also for the program's own files
   * @param port instead of the one it listens on
   * @return the file to run
   */
  public Path write(Path folder, int port) {
    String local = LISTEN.matcher(text).replaceAll(found -> listen(found.group(1)) + port);
    Path file = folder.resolve(program.command() + ".conf");
    try {
      Files.createDirectories(folder);
      return Files.writeString(
          file, program == BalancerProgram.NGINX ? NGINX_AROUND.formatted(USER, local) : local);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }

  private static String listen(String word) {
    return (word.startsWith("listen") ? "listen " : "bind ") + "127.0.0.1:";
  }
}
