/**
 * Where the state is kept: an H2 file unless a PostgreSQL URL is set. The SQL of this program is
 * the part that both understand.
 */
@NullMarked
package io.comfyfleet.producer.database;

import org.jspecify.annotations.NullMarked;
