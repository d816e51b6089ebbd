package io.comfyfleet.producer.broker;

import io.comfyfleet.producer.database.Columns;
import java.time.Instant;
import java.util.List;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table {@code lane}. */
@Component
class LaneTable {
  private final JdbcClient jdbc;

  LaneTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  List<String> names() {
    return jdbc.sql("select name from lane order by name").query(String.class).list();
  }

  boolean has(String name) {
    return jdbc.sql("select count(*) from lane where name = :name")
            .param("name", name)
            .query(Integer.class)
            .single()
        > 0;
  }

  /** Whether it was not there. */
  boolean add(String name, Instant now) {
    try {
      jdbc.sql("insert into lane (name, created_at) values (:name, :now)")
          .param("name", name)
          .param("now", Columns.at(now))
          .update();
      return true;
    } catch (DuplicateKeyException e) {
      return false;
    }
  }

  void remove(String name) {
    jdbc.sql("delete from lane where name = :name").param("name", name).update();
  }

  /** Jobs of that lane that have not ended, wherever they are. */
  int openJobs(String lane) {
    return jdbc.sql("select count(*) from job where lane = :lane and status in ('open', 'waiting')")
        .param("lane", lane)
        .query(Integer.class)
        .single();
  }
}
