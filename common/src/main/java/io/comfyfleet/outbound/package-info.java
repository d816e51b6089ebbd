/** Which addresses that a caller chose may be called at all. */
@NullMarked
package io.comfyfleet.outbound;

import org.jspecify.annotations.NullMarked;
