/**
 * The format of containers: headers, frames, trailers and footers, and how they are written, sealed, read, and saved
 * after a crash. Manifests and the vault's objects use the same format. It is described byte by byte in docs/format.md.
 *
 * <p>Uses {@code disk} for files and {@code envelope} for keys, and knows neither index nor volumes. Called by {@code
 * ingest} and {@code gc}, which write containers, by all who read them, and by the vault.
 */
package dev.holdfast.store.container;
