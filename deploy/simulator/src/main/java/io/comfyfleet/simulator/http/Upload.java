package io.comfyfleet.simulator.http;

/**
 * A file that was uploaded and accepted.
 *
 * @param name the name it was given, which may differ from the one sent
 * @param subfolder its folder below the type's folder; empty for none
 * @param type {@code input}, {@code temp} or {@code output}
 * @param size bytes
 */
public record Upload(String name, String subfolder, String type, long size) {}
