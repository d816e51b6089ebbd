package io.comfyfleet.broker;

/**
 * A part of a broker that one test class has for itself; queues of other classes are not visible in
 * it.
 *
 * @param broker the broker it is on, shared by all test classes of the JVM
 * @param name its name, {@code /} style and not encoded
 * @param uri where clients connect to reach it, credentials included
 */
public record VirtualHost(Broker broker, String name, String uri) {}
