package io.comfyfleet.job;

/**
 * How many jobs of a run stand where.
 *
 * @param total jobs that the run will have: its stated size, or those seen so far
 * @param pending accepted, not ended
 * @param succeeded ended well
 * @param failed given up
 * @param cancelled cancelled
 * @param expired waited too long
 */
public record RunCounts(
    int total, int pending, int succeeded, int failed, int cancelled, int expired) {}
