/**
 * The fleet under load and faults: a seeded schedule strikes real processes, a real broker and
 * simulated machines while jobs come in, and a judge compares what was accepted with what was
 * answered. Sees the fleet only from outside: HTTP, AMQP, signals. Knows no code of producer or
 * worker.
 */
@NullMarked
package io.comfyfleet.bench;

import org.jspecify.annotations.NullMarked;
