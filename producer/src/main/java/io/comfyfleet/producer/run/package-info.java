/**
 * What becomes of accepted jobs: the first terminal result of each is kept, dependents are set
 * free, and a run is closed exactly once with its results in order.
 */
@NullMarked
package io.comfyfleet.producer.run;

import org.jspecify.annotations.NullMarked;
