package io.comfyfleet.producer.dashboard;

import io.comfyfleet.job.Output;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.job.Result;
import io.comfyfleet.producer.database.Columns;
import io.comfyfleet.wire.MessageCodec;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Runs and outputs, newest first. */
@Repository
class RunListTable {
  private final JdbcClient jdbc;
  private final MessageCodec codec;

  RunListTable(JdbcClient jdbc, MessageCodec codec) {
    this.jdbc = jdbc;
    this.codec = codec;
  }

  /**
   * A run in a list.
   *
   * @param runId its id
   * @param status where it stands, in lower case
   * @param total jobs it will have, or has so far
   * @param succeeded those that succeeded
   * @param failed those that ended otherwise
   * @param createdAt when it was accepted
   * @param completedAt when it ended; null while it is open
   */
  record Summary(
      String runId,
      String status,
      long total,
      long succeeded,
      long failed,
      Instant createdAt,
      @Nullable Instant completedAt) {
    /** Jobs that have not ended. */
    public long pending() {
      return Math.max(0, total - succeeded - failed);
    }
  }

  /**
   * A file that was made.
   *
   * @param jobId by this job
   * @param nodeId on this node
   * @param file the file
   * @param endedAt when the job ended
   */
  record Made(UUID jobId, String nodeId, Output file, Instant endedAt) {}

  private record Row(
      String runId,
      String status,
      @Nullable Integer size,
      Instant createdAt,
      @Nullable Instant completedAt) {}

  /** A page of runs. */
  List<Summary> newest(int offset, int limit) {
    List<Row> rows =
        jdbc.sql(
                """
                select run_id, status, size, created_at, completed_at from run
                order by created_at desc, run_id
                offset :offset rows fetch first :limit rows only
                """)
            .param("offset", offset)
            .param("limit", limit)
            .query((row, n) ->
                new Row(
                    row.getString("run_id"),
                    row.getString("status"),
                    row.getObject("size", Integer.class),
                    Columns.instant(row, "created_at"),
                    Columns.instant(row, "completed_at")))
            .list();
    Map<String, Map<String, Long>> counts = counts(rows.stream().map(Row::runId).toList());
    return rows.stream()
        .map(row -> summary(row, counts.getOrDefault(row.runId(), Map.of())))
        .toList();
  }

  /** The first file of each of the last jobs that made one, at most that many jobs. */
  List<Made> latest(int jobs) {
    return jdbc
        .sql(
            """
            select result from job where status = 'succeeded' and ended_at is not null
            order by ended_at desc fetch first :limit rows only
            """)
        .param("limit", jobs)
        .query((row, n) ->
            codec.decodeResult(row.getString("result").getBytes(StandardCharsets.UTF_8)))
        .list()
        .stream()
        .flatMap(result -> first(result).stream())
        .toList();
  }

  private static List<Made> first(Result result) {
    return result.outputs().stream()
        .filter(output -> output.kind() == OutputKind.IMAGE || output.kind() == OutputKind.VIDEO)
        .filter(output -> output.artifact() != null && output.filename() != null)
        .limit(1)
        .map(output ->
            new Made(result.jobId(), String.valueOf(result.nodeId()), output, result.endedAt()))
        .toList();
  }

  private Map<String, Map<String, Long>> counts(List<String> runIds) {
    Map<String, Map<String, Long>> counts = new HashMap<>();
    if (!runIds.isEmpty()) {
      jdbc.sql(
              "select run_id, status, count(*) as jobs from job"
                  + " where run_id in (:ids) group by run_id, status")
          .param("ids", runIds)
          .query(row -> {
            counts
                .computeIfAbsent(row.getString("run_id"), id -> new HashMap<>())
                .put(row.getString("status"), row.getLong("jobs"));
          });
    }
    return counts;
  }

  private static Summary summary(Row row, Map<String, Long> jobs) {
    long known = jobs.values().stream().mapToLong(Long::longValue).sum();
    long succeeded = jobs.getOrDefault("succeeded", 0L);
    long pending = jobs.getOrDefault("open", 0L) + jobs.getOrDefault("waiting", 0L);
    return new Summary(
        row.runId(),
        row.status(),
        row.size() == null ? known : Math.max(row.size(), known),
        succeeded,
        known - succeeded - pending,
        row.createdAt(),
        row.completedAt());
  }
}
