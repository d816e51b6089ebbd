/**
 * The connection's side of RabbitMQ: the topology is declared on every new connection, publishing
 * waits for the broker's confirm, lanes are known by name.
 */
@NullMarked
package io.comfyfleet.producer.broker;

import org.jspecify.annotations.NullMarked;
