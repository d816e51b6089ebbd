/**
 * What becomes of jobs whose message, or whose result, ended among the dead letters without a
 * worker that answers for them. The letters themselves are for people.
 */
@NullMarked
package io.comfyfleet.producer.deadletter;

import org.jspecify.annotations.NullMarked;
