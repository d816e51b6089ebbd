/**
 * Messages on their way to the broker. A row is written in the transaction of what it tells about,
 * published with confirm and mandatory routing, and deleted when the broker has it: a crash in
 * between loses nothing and repeats harmlessly.
 */
@NullMarked
package io.comfyfleet.producer.outbox;

import org.jspecify.annotations.NullMarked;
