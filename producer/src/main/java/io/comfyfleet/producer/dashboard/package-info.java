/**
 * The operator's view: the pages under {@code /} and the figures of {@code /api/stats} and {@code
 * /api/queues}. Reads what the other packages know and asks them to act; nobody depends on it.
 */
@NullMarked
package io.comfyfleet.producer.dashboard;

import org.jspecify.annotations.NullMarked;
