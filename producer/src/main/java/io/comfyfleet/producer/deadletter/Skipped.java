package io.comfyfleet.producer.deadletter;

/**
 * A letter with which nothing was done.
 *
 * @param id its id
 * @param why in words
 */
public record Skipped(String id, String why) {}
