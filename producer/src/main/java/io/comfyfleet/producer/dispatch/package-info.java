/**
 * The door: requests are read strictly, given their identity and accepted in one transaction, over
 * HTTP and over the intake queue alike.
 */
@NullMarked
package io.comfyfleet.producer.dispatch;

import org.jspecify.annotations.NullMarked;
