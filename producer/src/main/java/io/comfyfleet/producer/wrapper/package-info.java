/**
 * The calls of the HTTP wrappers that stand in front of single ComfyUIs: an image is the answer to
 * its request, a video is asked for until it is there. Whoever calls such a wrapper changes only
 * the host.
 */
@NullMarked
package io.comfyfleet.producer.wrapper;

import org.jspecify.annotations.NullMarked;
