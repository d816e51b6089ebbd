package io.comfyfleet.producer.problem;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.wire.UnreadableMessageException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import org.springframework.web.util.DisconnectedClientHelper;
import tools.jackson.core.JacksonException;

/**
 * Turns whatever a controller throws into a problem document. The one place that catches all,
 * before Spring's own, which knows neither field nor limit.
 */
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE)
class Problems {
  private static final Logger log = LoggerFactory.getLogger(Problems.class);
  private static final String TYPE = "urn:comfyfleet:problem:";
  private static final String ACCEPTED_UNREAD =
      "accepted, but the database does not answer now; ask again, do not send it again";
  private static final String RETRY_AFTER_SECONDS = "5";
  private static final Pattern LIMIT =
      Pattern.compile("between \\S+ and [^,;:]+|(?:at most|at least|below) [^,;:]+");

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> refused(ProblemException e) {
    HttpHeaders headers = new HttpHeaders();
    if (e.retryAfter() != null) {
      headers.set(HttpHeaders.RETRY_AFTER, Long.toString(e.retryAfter().toSeconds()));
    }
    ResponseEntity<Map<String, Object>> answer =
        answer(e.status(), e.slug(), e.getMessage(), null, headers);
    if (answer.getBody() != null) {
      answer.getBody().putAll(e.members());
    }
    return answer;
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> accepted(AcceptedException e) {
    Map<String, Object> body = new LinkedHashMap<>(e.body());
    body.put("note", ACCEPTED_UNREAD);
    return ResponseEntity.accepted().location(e.location()).body(body);
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> invalid(InvalidMessageException e) {
    return invalid(e.field(), e.getMessage());
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> unreadable(UnreadableMessageException e) {
    return answer(
        HttpStatus.BAD_REQUEST, "unreadable-body", e.getMessage(), e.field(), new HttpHeaders());
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> unreadable(HttpMessageNotReadableException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      switch (cause) {
        case BodyTooLargeException tooLarge -> {
          return tooLarge(tooLarge.getMessage(), tooLarge.limit());
        }
        case InvalidMessageException invalid -> {
          return invalid(invalid.field(), invalid.getMessage());
        }
        default -> {}
      }
    }
    if (e.getCause() instanceof JacksonException json) {
      return unreadable(json);
    }
    return answer(
        HttpStatus.BAD_REQUEST,
        "unreadable-body",
        "The request body is missing or cannot be read: send a JSON object",
        null,
        new HttpHeaders());
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> wrongType(MethodArgumentTypeMismatchException e) {
    String wanted = e.getRequiredType() == null ? "value" : e.getRequiredType().getSimpleName();
    return invalid(
        e.getName(), e.getName() + " must be a " + wanted + ", was \"" + e.getValue() + "\"");
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> missing(MissingServletRequestParameterException e) {
    return invalid(e.getParameterName(), e.getParameterName() + " is missing");
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> unknownPath(NoResourceFoundException e) {
    return answer(
        HttpStatus.NOT_FOUND,
        "not-found",
        "There is nothing at /" + e.getResourcePath(),
        null,
        new HttpHeaders());
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> tooLarge(MaxUploadSizeExceededException e) {
    return tooLarge(
        "The upload is larger than the limit of " + e.getMaxUploadSize() + " bytes",
        e.getMaxUploadSize());
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> tooLarge(BodyTooLargeException e) {
    return tooLarge(e.getMessage(), e.limit());
  }

  @ExceptionHandler({
    DataAccessResourceFailureException.class,
    RecoverableDataAccessException.class,
    TransientDataAccessException.class,
    // Also a rollback that failed because the connection was gone.
    TransactionException.class
  })
  ResponseEntity<Map<String, Object>> databaseAway(Exception e) {
    log.atWarn().addKeyValue(LogKeys.REASON, e.getMessage()).log("database unavailable");
    return unavailable("database-unavailable", "The database does not answer; try again shortly");
  }

  @ExceptionHandler
  ResponseEntity<Map<String, Object>> brokerAway(AmqpException e) {
    log.atWarn().addKeyValue(LogKeys.REASON, e.getMessage()).log("broker unavailable");
    return unavailable("broker-unavailable", "The broker does not answer; try again shortly");
  }

  /** Nobody is left to answer to. */
  @ExceptionHandler
  void gone(AsyncRequestNotUsableException e) {}

  @ExceptionHandler
  @Nullable ResponseEntity<Map<String, Object>> anythingElse(Exception e) {
    if (DisconnectedClientHelper.isClientDisconnectedException(e)) {
      return null;
    }
    if (e instanceof ErrorResponse known) {
      HttpStatusCode status = known.getStatusCode();
      String detail = known.getBody().getDetail();
      return answer(
          status,
          slug(status),
          detail == null ? "The request was refused" : detail,
          null,
          known.getHeaders());
    }
    log.atError().setCause(e).log("request failed by a fault of the producer");
    return answer(
        HttpStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "The producer failed on this request by a fault of its own; its log has the cause",
        null,
        new HttpHeaders());
  }

  private static ResponseEntity<Map<String, Object>> unreadable(JacksonException e) {
    StringBuilder path = new StringBuilder();
    for (JacksonException.Reference step : e.getPath()) {
      if (step.getPropertyName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
      }
    }
    String where =
        e.getLocation() == null || e.getLocation().getLineNr() < 1
            ? ""
            : " (line "
                + e.getLocation().getLineNr()
                + ", column "
                + e.getLocation().getColumnNr()
                + ")";
    String field = path.isEmpty() ? null : path.toString();
    return answer(
        HttpStatus.BAD_REQUEST,
        "unreadable-body",
        "The request body cannot be read"
            + (field == null ? "" : " at " + field)
            + where
            + ": "
            + e.getOriginalMessage(),
        field,
        new HttpHeaders());
  }

  private static ResponseEntity<Map<String, Object>> invalid(String field, String message) {
    ResponseEntity<Map<String, Object>> answer =
        answer(HttpStatus.BAD_REQUEST, "invalid-value", message, field, new HttpHeaders());
    Matcher limit = LIMIT.matcher(message);
    if (limit.find() && answer.getBody() != null) {
      answer.getBody().put("limit", limit.group());
    }
    return answer;
  }

  private static ResponseEntity<Map<String, Object>> tooLarge(String message, long limit) {
    ResponseEntity<Map<String, Object>> answer =
        answer(HttpStatus.CONTENT_TOO_LARGE, "too-large", message, null, new HttpHeaders());
    if (answer.getBody() != null) {
      answer.getBody().put("limit", limit);
    }
    return answer;
  }

  private static ResponseEntity<Map<String, Object>> unavailable(String slug, String detail) {
    HttpHeaders headers = new HttpHeaders();
    headers.set(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
    return answer(HttpStatus.SERVICE_UNAVAILABLE, slug, detail, null, headers);
  }

  private static ResponseEntity<Map<String, Object>> answer(
      HttpStatusCode status,
      String slug,
      String detail,
      @Nullable String field,
      HttpHeaders headers) {
    HttpStatus known = HttpStatus.resolve(status.value());
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", TYPE + slug);
    body.put("title", known == null ? "Refused" : known.getReasonPhrase());
    body.put("status", status.value());
    body.put("detail", detail);
    if (field != null) {
      body.put("field", field);
    }
    return ResponseEntity.status(status)
        .headers(headers)
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(body);
  }

  private static String slug(HttpStatusCode status) {
    HttpStatus known = HttpStatus.resolve(status.value());
    return known == null
        ? "refused"
        : known.getReasonPhrase().toLowerCase(Locale.ROOT).replace(' ', '-');
  }
}
