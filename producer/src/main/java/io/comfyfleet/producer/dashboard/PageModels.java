package io.comfyfleet.producer.dashboard;

import io.comfyfleet.job.Result;
import io.comfyfleet.producer.node.NodeView;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.producer.run.JobView;
import io.comfyfleet.producer.run.RunReader;
import io.comfyfleet.producer.run.RunView;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** What each page shows, by the names that its template uses. */
@Component
class PageModels {
  static final int PAGE = 50;
  static final int GALLERY = 120;
  private static final int LATEST = 12;
  private static final int LOOK_BACK = 60;
  private static final Duration FRESH = Duration.ofSeconds(1);

  private final Figures figures;
  private final Nodes nodes;
  private final RunReader runs;
  private final RunListTable lists;
  private final JsonMapper mapper;
  private final Clock clock;
  private final Remembered<List<RunListTable.Made>> latest;

  PageModels(
      Figures figures,
      Nodes nodes,
      RunReader runs,
      RunListTable lists,
      JsonMapper mapper,
      Clock clock) {
    this.figures = figures;
    this.nodes = nodes;
    this.runs = runs;
    this.lists = lists;
    this.mapper = mapper;
    this.clock = clock;
    this.latest = new Remembered<>(FRESH, () -> lists.latest(LOOK_BACK));
  }

  /**
   * The model of a page.
   *
   * @param id of the run or the job; ignored by other pages
   * @param from first row or picture that is shown
   * @throws ProblemException when there is no such run or job
   */
  Map<String, Object> of(Page page, String id, int from, Locale locale) {
    Map<String, Object> model = new HashMap<>();
    model.put("fmt", new Format(clock.instant(), locale));
    model.put("live", true);
    model.put("from", Math.max(0, from));
    switch (page) {
      case OVERVIEW -> overview(model);
      case NODES -> nodes(model);
      case RUNS ->
          model.putAll(Map.of("runs", lists.newest(Math.max(0, from), PAGE), "page", PAGE));
      case RUN -> run(model, id, Math.max(0, from));
      case JOB -> job(model, id);
      case QUEUES -> model.put("queues", figures.queues());
    }
    return model;
  }

  private void overview(Map<String, Object> model) {
    List<NodeView> all = nodes.all();
    FleetQueues queues = figures.queues();
    model.put("stats", figures.stats());
    model.put("queues", queues);
    model.put("nodes", all);
    model.put("troubles", Troubles.of(queues, all));
    model.put("latest", latest.get().stream().limit(LATEST).toList());
  }

  private void nodes(Map<String, Object> model) {
    model.put("nodes", nodes.all());
    model.put(
        "thumbs",
        latest.get().stream()
            .collect(Collectors.toMap(RunListTable.Made::nodeId, made -> made, (a, b) -> a)));
  }

  private void run(Map<String, Object> model, String id, int from) {
    RunView run = runs.run(id, 0);
    Map<UUID, Integer> indexes =
        run.jobs().stream().collect(Collectors.toMap(JobView::jobId, JobView::index));
    Map<UUID, Result> results =
        run.results().stream().collect(Collectors.toMap(Result::jobId, result -> result));
    model.put("run", run);
    model.put("results", results);
    model.put("shown", run.jobs().stream().skip(from).limit(GALLERY).toList());
    model.put("page", GALLERY);
    model.put("live", run.completedAt() == null);
    model.put("timeline", Timeline.of(id, run.results(), nodes.all(), indexes, clock.instant()));
  }

  private void job(Map<String, Object> model, String id) {
    JobView job = runs.job(RunReader.jobId(id), 0);
    var request = runs.request(job.jobId());
    model.put("job", job);
    model.put("request", request);
    model.put("graph", GraphDrawing.of(request.workflow()));
    model.put(
        "graphJson",
        mapper.writerWithDefaultPrettyPrinter().writeValueAsString(request.workflow()));
    model.put("live", job.status().pending());
  }
}
