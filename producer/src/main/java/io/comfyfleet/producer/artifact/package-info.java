/**
 * The output store: workers upload what their ComfyUI made, callers download it, later jobs take it
 * as input. Files lie behind {@link io.comfyfleet.producer.artifact.ArtifactStore}, what is known
 * about them in the database. Knows no job beyond its id.
 */
@NullMarked
package io.comfyfleet.producer.artifact;

import org.jspecify.annotations.NullMarked;
