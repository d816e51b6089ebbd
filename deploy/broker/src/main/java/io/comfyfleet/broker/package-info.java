/**
 * Finds or starts a RabbitMQ: a given one, a container, or a private node of an installed server.
 * Called by the tests of every module, by the command line and by the bench; knows nothing about
 * jobs, queues or the topology.
 */
@NullMarked
package io.comfyfleet.broker;

import org.jspecify.annotations.NullMarked;
