/**
 * The service that takes jobs and collects results: HTTP API, AMQP intake, outbox, aggregator,
 * artifacts and node registry. It holds no job that the broker or the database does not hold.
 */
@NullMarked
package io.comfyfleet.producer;

import org.jspecify.annotations.NullMarked;
