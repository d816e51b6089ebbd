/**
 * Programs started by this one, which die with it, their free ports, and a cable between two of
 * them that can be cut. Called by the broker finder, the command line, the bench and tests; knows
 * nothing about RabbitMQ or ComfyUI.
 */
@NullMarked
package io.comfyfleet.process;

import org.jspecify.annotations.NullMarked;
