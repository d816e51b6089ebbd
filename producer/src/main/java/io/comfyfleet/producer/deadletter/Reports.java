package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.producer.run.JobTable;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Writes down all there is about a letter. */
@Component
class Reports {
  private final MessageCodec codec;
  private final JobTable jobs;
  private final Reproduction reproduction;
  private final JsonMapper mapper;

  Reports(MessageCodec codec, JobTable jobs, Reproduction reproduction, JsonMapper mapper) {
    this.codec = codec;
    this.jobs = jobs;
    this.reproduction = reproduction;
    this.mapper = mapper;
  }

  LetterDetails of(Letter letter, LetterSummary summary) {
    Job job = job(letter);
    Map<String, @Nullable Object> headers = headers(letter);
    Object deaths = headers.remove("x-death");
    return new LetterDetails(
        summary,
        payload(letter.body()),
        job == null ? List.of() : job.attempts(),
        error(summary),
        headers,
        deaths,
        job == null ? null : reproduction.command(job));
  }

  private @Nullable Job job(Letter letter) {
    try {
      return codec.decodeJob(letter.body());
    } catch (UnreadableMessageException e) {
      return null;
    }
  }

  private Object payload(byte[] body) {
    try {
      JsonNode json = mapper.readTree(body);
      if (!json.isMissingNode()) {
        return json;
      }
    } catch (JacksonException e) {
      // Shown as it is.
    }
    try {
      return Map.of(
          "text", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
    } catch (CharacterCodingException e) {
      return Map.of("base64", Base64.getEncoder().encodeToString(body));
    }
  }

  /** The letter has the words; what ComfyUI said of single nodes is in the job's result. */
  private Map<String, @Nullable Object> error(LetterSummary summary) {
    Map<String, @Nullable Object> error = new LinkedHashMap<>();
    error.put("code", summary.reason());
    error.put("message", summary.message());
    JobError told = told(summary);
    if (told != null && (summary.message() == null || told.message().equals(summary.message()))) {
      error.put("message", told.message());
      error.put("node_errors", told.nodeErrors());
      error.put("exception", told.exception());
    }
    error.values().removeIf(java.util.Objects::isNull);
    return error;
  }

  private @Nullable JobError told(LetterSummary summary) {
    try {
      return summary.jobId() == null
          ? null
          : jobs.result(summary.jobId()).map(Result::error).orElse(null);
    } catch (DataAccessException | TransactionException e) {
      return null;
    }
  }

  private static Map<String, @Nullable Object> headers(Letter letter) {
    Map<String, @Nullable Object> headers = new TreeMap<>();
    if (letter.properties().getHeaders() != null) {
      letter.properties().getHeaders().forEach((name, value) -> headers.put(name, plain(value)));
    }
    // They count how often somebody looked.
    headers.remove("x-delivery-count");
    headers.remove("x-acquired-count");
    return headers;
  }

  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Date at -> at.toInstant();
      case Map<?, ?> map -> {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        map.forEach((name, each) -> all.put(String.valueOf(name), plain(each)));
        yield all;
      }
      case List<?> list -> {
        List<@Nullable Object> all = new ArrayList<>();
        list.forEach(each -> all.add(plain(each)));
        yield all;
      }
      case byte[] bytes -> Base64.getEncoder().encodeToString(bytes);
      case Number number -> number;
      case Boolean truth -> truth;
      default -> value.toString();
    };
  }
}
