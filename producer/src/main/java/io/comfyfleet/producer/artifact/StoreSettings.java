package io.comfyfleet.producer.artifact;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * @param directory folder of the files; made when it is not there
 * @param publicUrl address under which callers and workers reach this producer, without a slash at
 *     the end; http://127.0.0.1:PORT when not set
 * @param maxSize largest file that is taken
 * @param minFree free disk space below which uploads are refused with 507, so that the disk is not
 *     filled to the last byte and the database next to it can go on
 */
@ConfigurationProperties("fleet.store")
record StoreSettings(
    @DefaultValue("./data/outputs") Path directory,
    @Nullable URI publicUrl,
    @DefaultValue("4GB") DataSize maxSize,
    @DefaultValue("512MB") DataSize minFree) {}
