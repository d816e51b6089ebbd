/**
 * The worker: one process beside one ComfyUI. It pulls jobs from the broker, drives ComfyUI, moves
 * files and publishes results. This package only puts the features together.
 */
@NullMarked
package io.comfyfleet.worker;

import org.jspecify.annotations.NullMarked;
