package io.comfyfleet.producer.dashboard;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.telemetry.LogKeys;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.core.Ordered;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.transaction.TransactionException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import org.springframework.web.util.DisconnectedClientHelper;

/**
 * Answers a browser that asked for a page with a page. Everybody else, and whoever asks the API,
 * gets a problem document from the next in line.
 */
class ErrorPages implements HandlerExceptionResolver, Ordered {
  private static final Logger log = LoggerFactory.getLogger(ErrorPages.class);

  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE;
  }

  @Override
  public @Nullable ModelAndView resolveException(
      HttpServletRequest request,
      HttpServletResponse response,
      @Nullable Object handler,
      Exception e) {
    if (!isPage(request)
        || response.isCommitted()
        || DisconnectedClientHelper.isClientDisconnectedException(e)) {
      return null;
    }
    ModelAndView page = page(request, e);
    HttpStatusCode status = page.getStatus();
    if (status != null) {
      response.setStatus(status.value());
    }
    return page;
  }

  private static boolean isPage(HttpServletRequest request) {
    String accept = String.valueOf(request.getHeader(HttpHeaders.ACCEPT));
    String path = request.getRequestURI();
    return accept.contains(MediaType.TEXT_HTML_VALUE)
        && !path.startsWith("/api/")
        && !path.startsWith("/live/");
  }

  private static ModelAndView page(HttpServletRequest request, Exception e) {
    return switch (e) {
      case ProblemException refused -> page(refused.status(), refused.getMessage());
      case InvalidMessageException invalid ->
          page(HttpStatusCode.valueOf(400), invalid.getMessage());
      case NoResourceFoundException missing ->
          page(HttpStatusCode.valueOf(404), "There is nothing at " + request.getRequestURI());
      case DataAccessException away -> unavailable(away, "The database does not answer");
      case TransactionException away -> unavailable(away, "The database does not answer");
      case AmqpException away -> unavailable(away, "The broker does not answer");
      case ErrorResponse known ->
          page(known.getStatusCode(), String.valueOf(known.getBody().getDetail()));
      default -> {
        log.atError().setCause(e).log("page failed by a fault of the producer");
        yield page(
            HttpStatusCode.valueOf(500),
            "The producer failed on this page by a fault of its own; its log has the cause");
      }
    };
  }

  private static ModelAndView unavailable(Exception e, String detail) {
    log.atWarn().addKeyValue(LogKeys.REASON, e.getMessage()).log("page unavailable");
    return page(HttpStatusCode.valueOf(503), detail + "; try again shortly");
  }

  private static ModelAndView page(HttpStatusCode status, @Nullable String detail) {
    return new ModelAndView(
        "error", Map.of("status", status.value(), "detail", detail == null ? "" : detail), status);
  }
}
