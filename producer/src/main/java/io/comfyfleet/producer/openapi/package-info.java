/**
 * The HTTP API described as an OpenAPI document, served at {@code /v3/api-docs} and {@code
 * /v3/api-docs.yaml}. Paths, parameters and the shapes of answers come from the controllers and
 * their records, the shapes of messages from the published JSON Schemas, the words from {@code
 * openapi/api.yaml}. Knows no feature and is known by none.
 */
@NullMarked
package io.comfyfleet.producer.openapi;

import org.jspecify.annotations.NullMarked;
