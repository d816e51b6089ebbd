/**
 * The files a node reads and writes: its folders, and real PNG, MP4 and FLAC bytes. Knows no
 * prompts.
 */
@NullMarked
package io.comfyfleet.simulator.media;

import org.jspecify.annotations.NullMarked;
