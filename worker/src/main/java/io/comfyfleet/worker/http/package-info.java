/** What the calls to ComfyUI and to the output store have in common. */
@NullMarked
package io.comfyfleet.worker.http;

import org.jspecify.annotations.NullMarked;
