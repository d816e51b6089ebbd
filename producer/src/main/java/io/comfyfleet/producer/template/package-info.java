/**
 * Names for graphs: a folder of ComfyUI graphs, each with a map from parameter to node input.
 * Rendering happens here, before a job is accepted, so that a job message is complete.
 */
@NullMarked
package io.comfyfleet.producer.template;

import org.jspecify.annotations.NullMarked;
