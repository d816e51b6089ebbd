package io.comfyfleet.producer.artifact;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a file in the output store.
 *
 * @param id chosen by whoever stored it
 * @param jobId the job that made it; null for an upload of somebody else
 * @param filename for people, safe in a header and on a disk
 * @param contentType media type
 * @param sizeBytes length
 * @param sha256 lower-case hexadecimal
 * @param storedAt when it was stored, whole seconds
 */
record Artifact(
    UUID id,
    @Nullable UUID jobId,
    String filename,
    String contentType,
    long sizeBytes,
    String sha256,
    Instant storedAt) {}
