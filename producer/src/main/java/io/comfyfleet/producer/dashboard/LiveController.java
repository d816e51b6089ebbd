package io.comfyfleet.producer.dashboard;

import io.comfyfleet.producer.problem.ProblemException;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.thymeleaf.ITemplateEngine;
import org.thymeleaf.context.WebContext;
import org.thymeleaf.web.servlet.JakartaServletWebApplication;

/**
 * Keeps open pages up to date: one stream of server-sent events per page, an event per part of it,
 * named like the part and sent when its HTML is another than before. Blocks its (virtual) thread
 * until the reader is gone or the process stops.
 */
@Controller
class LiveController {
  private static final int TICKS_OF_SILENCE = 5;

  private final PageModels models;
  private final ITemplateEngine templates;
  private final DashboardSettings settings;
  private final Semaphore streams;
  private final CountDownLatch closing = new CountDownLatch(1);

  LiveController(PageModels models, ITemplateEngine templates, DashboardSettings settings) {
    this.models = models;
    this.templates = templates;
    this.settings = settings;
    this.streams = new Semaphore(settings.streams());
  }

  @EventListener(ContextClosedEvent.class)
  void close() {
    closing.countDown();
  }

  @GetMapping("/live/{name}")
  void stream(
      @PathVariable String name,
      @RequestParam(defaultValue = "") String id,
      @RequestParam(defaultValue = "0") int from,
      Locale locale,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    Page page = page(name);
    if (!streams.tryAcquire()) {
      throw new ProblemException(
          HttpStatus.SERVICE_UNAVAILABLE,
          "too-many-streams",
          "As many pages are kept up to date as fleet.dashboard.streams allows ("
              + settings.streams()
              + "); close one or reload by hand");
    }
    try {
      response.setContentType("text/event-stream");
      response.setCharacterEncoding("UTF-8");
      response.setHeader("Cache-Control", "no-cache");
      response.setHeader("X-Accel-Buffering", "no");
      send(page, id, from, locale, request, response);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      streams.release();
    }
  }

  private void send(
      Page page,
      String id,
      int from,
      Locale locale,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, InterruptedException {
    OutputStream out = response.getOutputStream();
    Map<String, String> sent = new HashMap<>();
    int silent = 0;
    boolean live = true;
    while (live && !closing.await(sent.isEmpty() ? 0 : refresh(), TimeUnit.MILLISECONDS)) {
      Map<String, Object> model = models.of(page, id, from, locale);
      live = Boolean.TRUE.equals(model.get("live"));
      boolean any = false;
      for (String part : page.parts()) {
        String html = render(page, part, model, locale, request, response);
        if (!html.equals(sent.put(part, html))) {
          event(out, part, html);
          any = true;
        }
      }
      silent = any ? 0 : silent + 1;
      if (silent == TICKS_OF_SILENCE) {
        // Only writing shows that the reader is gone.
        out.write(": still here\n\n".getBytes(StandardCharsets.UTF_8));
        silent = 0;
      }
      out.flush();
    }
    if (!live) {
      event(out, "ended", "");
      out.flush();
    }
  }

  private long refresh() {
    return settings.refresh().toMillis();
  }

  private String render(
      Page page,
      String part,
      Map<String, Object> model,
      Locale locale,
      HttpServletRequest request,
      HttpServletResponse response) {
    ServletContext servlet = request.getServletContext();
    WebContext context =
        new WebContext(
            JakartaServletWebApplication.buildApplication(servlet).buildExchange(request, response),
            locale,
            model);
    return templates.process(page.template(), Set.of(part), context);
  }

  private static void event(OutputStream out, String name, String data) throws IOException {
    StringBuilder text = new StringBuilder("event: ").append(name).append('\n');
    data.lines().forEach(line -> text.append("data: ").append(line).append('\n'));
    if (data.isEmpty()) {
      text.append("data:\n");
    }
    out.write(text.append('\n').toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Page page(String name) {
    for (Page page : Page.values()) {
      if (page.template().equals(name)) {
        return page;
      }
    }
    throw new ProblemException(HttpStatus.NOT_FOUND, "not-found", "There is no page " + name);
  }
}
