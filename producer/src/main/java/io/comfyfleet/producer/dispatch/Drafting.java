package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.Input;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.outbound.OutboundRule;
import io.comfyfleet.producer.artifact.Artifacts;
import io.comfyfleet.producer.broker.Lanes;
import io.comfyfleet.producer.callback.Callbacks;
import io.comfyfleet.producer.run.NewJob;
import io.comfyfleet.producer.template.Rendered;
import io.comfyfleet.producer.template.Templates;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Checks and renders requests. May look up names of hosts, so it runs outside transactions. */
@Component
class Drafting {
  private final Templates templates;
  private final Callbacks callbacks;
  private final Artifacts artifacts;
  private final Lanes lanes;
  private final Fingerprint fingerprint;
  private final OutboundRule outbound;
  private final JobSettings limits;

  Drafting(
      Templates templates,
      Callbacks callbacks,
      Artifacts artifacts,
      Lanes lanes,
      Fingerprint fingerprint,
      InputSettings inputs,
      JobSettings limits) {
    this.templates = templates;
    this.callbacks = callbacks;
    this.artifacts = artifacts;
    this.lanes = lanes;
    this.fingerprint = fingerprint;
    this.outbound = inputs.rule();
    this.limits = limits;
  }

  /**
   * A draft of the job.
   *
   * @throws InvalidMessageException naming the field
   */
  JobDraft draft(JobRequest request) {
    String lane =
        lanes.require(request.lane() == null ? request.type().wireName() : request.lane());
    if (request.callbackUrl() != null) {
      callbacks.check("callback_url", request.callbackUrl());
    }
    List<Input> inputs = new ArrayList<>();
    Set<String> needs = new LinkedHashSet<>(request.dependsOn());
    for (JobRequest.InputRequest input : request.inputs()) {
      inputs.add(input(input));
      if (input.job() != null) {
        needs.add(input.job());
      }
    }
    JobDraft draft = rendered(request, lane, inputs, needs);
    // Found wrong here rather than in the transaction: whatever does not depend on its place.
    draft.at(new UUID(0, 0), "draft", null, 0, Instant.EPOCH, null);
    return draft;
  }

  /**
   * Checks of a job that is known already what must hold for it to be sent again.
   *
   * @throws InvalidMessageException naming the field
   */
  void check(Job job) {
    lanes.require(job.lane());
    if (job.callbackUrl() != null) {
      callbacks.check("callback_url", job.callbackUrl());
    }
    job.inputs().forEach(this::check);
  }

  private JobDraft rendered(
      JobRequest request, String lane, List<Input> inputs, Set<String> needs) {
    String template = null;
    Map<String, @Nullable Object> params = Map.of();
    Workflow workflow = request.workflow();
    if (workflow == null) {
      Set<String> names = inputs.stream().map(Input::name).collect(Collectors.toSet());
      Rendered rendered =
          templates.render(
              request.type(), request.template(), request.prompt(), request.params(), names);
      template = rendered.template();
      params = rendered.params();
      workflow = rendered.workflow();
    }
    return new JobDraft(
        request,
        fingerprint.of(request),
        lane,
        template,
        params,
        workflow,
        inputs,
        needs,
        limits.of(request.type()));
  }

  private Input input(JobRequest.InputRequest input) {
    if (input.job() != null) {
      return new Input(input.name(), null, NewJob.PENDING_ARTIFACT);
    }
    Input checked = new Input(input.name(), input.url(), input.artifact());
    check(checked);
    return checked;
  }

  private void check(Input input) {
    String field = "inputs[" + input.name() + "]";
    if (input.url() != null && !outbound.allows(input.url())) {
      throw new InvalidMessageException(field + ".url", outbound.refusal(input.url()));
    }
    if (input.artifact() != null && !artifacts.exists(input.artifact())) {
      throw new InvalidMessageException(
          field + ".artifact", "is in no store: there is no artifact " + input.artifact());
    }
  }
}
