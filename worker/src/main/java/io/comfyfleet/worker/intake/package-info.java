/**
 * Where jobs come in and where each delivery is settled, once. The only package that sees AMQP
 * channels. It asks the node whether jobs may be taken and hands them to the execution package.
 */
@NullMarked
package io.comfyfleet.worker.intake;

import org.jspecify.annotations.NullMarked;
