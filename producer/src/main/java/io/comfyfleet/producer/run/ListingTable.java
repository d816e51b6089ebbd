package io.comfyfleet.producer.run;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Pages of runs and jobs, newest first. Reads only, and locks nothing. */
@Repository
class ListingTable {
  /** No job has it; stands for an empty list, which SQL does not know. */
  private static final UUID NOBODY = new UUID(0, 0);

  private static final String RUNS = " from run where (:any = 1 or status = :status)";

  private final JdbcClient jdbc;
  private final RunTable table;

  ListingTable(JdbcClient jdbc, RunTable table) {
    this.jdbc = jdbc;
    this.table = table;
  }

  List<RunRow> runs(Page.Runs wanted, Page page) {
    return jdbc.sql(
            "select *"
                + RUNS
                + " order by created_at desc, run_id offset :offset rows"
                + " fetch next :limit rows only")
        .params(wanted.parameters())
        .param("offset", page.offset())
        .param("limit", page.limit())
        .query((row, n) -> table.row(row))
        .list();
  }

  int count(Page.Runs wanted) {
    return jdbc.sql("select count(*)" + RUNS)
        .params(wanted.parameters())
        .query(Integer.class)
        .single();
  }

  /** How many jobs of each run stand where, by run and the column's value. */
  Map<String, Map<String, Integer>> counts(Collection<String> runIds) {
    Map<String, Map<String, Integer>> counts = new HashMap<>();
    if (!runIds.isEmpty()) {
      jdbc.sql(
              "select run_id, status, count(*) as jobs from job where run_id in (:ids)"
                  + " group by run_id, status")
          .param("ids", runIds)
          .query(row -> {
            counts
                .computeIfAbsent(row.getString("run_id"), id -> new HashMap<>())
                .put(row.getString("status"), row.getInt("jobs"));
          });
    }
    return counts;
  }

  /**
   * Jobs of a page.
   *
   * @param held ids of the jobs in the nodes' hands
   */
  List<JobRow> jobs(Page.Jobs wanted, Set<UUID> held, Page page) {
    return jdbc.sql(
            JobTable.SUMMARY
                + wanted.condition()
                + " order by created_at desc, run_id, idx desc offset :offset rows"
                + " fetch next :limit rows only")
        .params(wanted.parameters())
        .param("held", held.isEmpty() ? Set.of(NOBODY) : held)
        .param("offset", page.offset())
        .param("limit", page.limit())
        .query((row, n) -> JobTable.summary(row))
        .list();
  }

  int count(Page.Jobs wanted, Set<UUID> held) {
    return jdbc.sql("select count(*) from job" + wanted.condition())
        .params(wanted.parameters())
        .param("held", held.isEmpty() ? Set.of(NOBODY) : held)
        .query(Integer.class)
        .single();
  }
}
