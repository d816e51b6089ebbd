package io.comfyfleet.producer.deadletter;

import java.util.List;

/**
 * Part of the list.
 *
 * @param total letters in the queue, also those beyond the 65,535 that one look sees
 * @param matching letters that the filter means, of those that were seen
 * @param letters those of this page, oldest first
 */
public record LetterPage(int total, int matching, List<LetterSummary> letters) {}
