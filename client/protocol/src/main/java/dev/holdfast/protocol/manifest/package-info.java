/**
 * The content of a snapshot: paths, files with their metadata, the pages that list them, and the summary. docs/format.md is
 * normative.
 *
 * <p>Uses {@code bytes}, {@code chunk} and {@code text}. Written by the client's backup; read by restores, by the appliance's
 * checks of what it stores, and by its garbage collection.
 */
package dev.holdfast.protocol.manifest;
