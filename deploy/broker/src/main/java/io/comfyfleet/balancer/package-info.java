/**
 * nginx and HAProxy of this machine, run on loopback with the files of {@code deploy/nginx} and
 * {@code deploy/haproxy}, so that tests and measurements use what is shipped.
 */
@NullMarked
package io.comfyfleet.balancer;

import org.jspecify.annotations.NullMarked;
