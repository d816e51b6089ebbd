package io.comfyfleet.bench;

/**
 * A file that a result names, or that was found at its address.
 *
 * @param url where it can be fetched; empty when the result does not say
 * @param size in bytes
 * @param sha256 lower-case hexadecimal; of an output that is no file its text
 */
record OutputFile(String url, long size, String sha256) {}
