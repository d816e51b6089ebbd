package io.comfyfleet.producer.deadletter;

import java.util.List;

/**
 * What a discard did.
 *
 * @param discarded how many letters are gone
 * @param skipped ids that are not there
 */
public record Discarded(int discarded, List<Skipped> skipped) {}
