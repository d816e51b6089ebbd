/**
 * What nodes tell the fleet about themselves and what the fleet tells them: heartbeats, progress
 * and control. Nothing here is needed to finish a job; losing any of it costs a picture on a
 * dashboard, not a result.
 */
@NullMarked
package io.comfyfleet.node;

import org.jspecify.annotations.NullMarked;
