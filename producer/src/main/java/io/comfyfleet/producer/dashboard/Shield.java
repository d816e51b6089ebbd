package io.comfyfleet.producer.dashboard;

import io.comfyfleet.producer.problem.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Keeps a page of somebody else, open in an operator's browser, from changing anything here, and
 * our pages from running anything but our own scripts. Holds for the API as well: many of its calls
 * need no body, so a plain form elsewhere could make them. Programs send neither of the headers
 * that are looked at and are let through.
 */
class Shield implements HandlerInterceptor {
  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self';"
          + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private static final Set<String> HARMLESS =
      Set.of(HttpMethod.GET.name(), HttpMethod.HEAD.name(), HttpMethod.OPTIONS.name());
  private static final Set<String> OURS = Set.of("same-origin", "none");

  @Override
  public boolean preHandle(
      HttpServletRequest request, HttpServletResponse response, Object handler) {
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    if (!HARMLESS.contains(request.getMethod()) && isForeign(request)) {
      throw new ProblemException(
          HttpStatus.FORBIDDEN,
          "cross-site",
          "A page of another site asked for this change, so it was not made; use the dashboard, or"
              + " a program that sends no Origin header");
    }
    return true;
  }

  private static boolean isForeign(HttpServletRequest request) {
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null) {
      return !OURS.contains(site);
    }
    // Browsers leave the header out on plain HTTP, except towards their own machine.
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    return origin != null
        && !names(origin, request.getHeader(HttpHeaders.HOST))
        && !names(origin, request.getHeader("X-Forwarded-Host"));
  }

  private static boolean names(String origin, @Nullable String host) {
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
