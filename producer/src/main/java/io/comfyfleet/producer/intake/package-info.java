/**
 * Plain JSON job requests from a queue, as n8n's RabbitMQ node sends them. What cannot be accepted
 * goes to the dead letters with the reason, never round in circles.
 */
@NullMarked
package io.comfyfleet.producer.intake;

import org.jspecify.annotations.NullMarked;
