/**
 * Between records and bytes: JSON in UTF-8, snake_case, a version, unknown fields ignored, never
 * class names. Callers hand in and get records; what cannot be read is an {@link
 * io.comfyfleet.wire.UnreadableMessageException}.
 */
@NullMarked
package io.comfyfleet.wire;

import org.jspecify.annotations.NullMarked;
