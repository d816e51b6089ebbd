/**
 * Every refusal over HTTP as {@code application/problem+json}, in one place. Features throw; here
 * it becomes a status, a type {@code urn:comfyfleet:problem:SLUG} and one sentence. Knows no
 * feature.
 */
@NullMarked
package io.comfyfleet.producer.problem;

import org.jspecify.annotations.NullMarked;
