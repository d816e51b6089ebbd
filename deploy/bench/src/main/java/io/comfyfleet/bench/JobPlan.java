package io.comfyfleet.bench;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One job to be submitted.
 *
 * @param jobId its id, chosen here so that every answer can be matched
 * @param type {@code image} or {@code video}
 * @param template whether it names the template {@code demo-image} instead of bringing a graph
 * @param seconds how long its graph sleeps
 * @param colour colour of its picture; makes graphs differ, or ComfyUI would answer from its cache
 * @param pastDeadline whether it sleeps longer than its time limit allows
 * @param after index of an earlier job of the run that must succeed first; null for none
 */
record JobPlan(
    UUID jobId,
    String type,
    boolean template,
    double seconds,
    int colour,
    boolean pastDeadline,
    @Nullable Integer after) {}
