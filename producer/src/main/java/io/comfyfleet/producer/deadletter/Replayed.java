package io.comfyfleet.producer.deadletter;

import java.util.List;

/**
 * What a replay did.
 *
 * @param replayed how many letters are on their way
 * @param skipped those that stay among the dead letters, and ids that are not there
 */
public record Replayed(int replayed, List<Skipped> skipped) {}
