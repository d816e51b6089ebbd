package io.comfyfleet.producer.deadletter;

import java.util.List;

/**
 * Part of the list.
 *
 * @param total letters in the queue
 * @param matching letters that the filter means
 * @param letters those of this page, oldest first
 */
public record LetterPage(int total, int matching, List<LetterSummary> letters) {}
