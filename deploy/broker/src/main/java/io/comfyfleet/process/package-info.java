/**
 * Programs started by this one, which die with it. Called by the broker finder and by the command
 * line; knows nothing about RabbitMQ or ComfyUI.
 */
@NullMarked
package io.comfyfleet.process;

import org.jspecify.annotations.NullMarked;
