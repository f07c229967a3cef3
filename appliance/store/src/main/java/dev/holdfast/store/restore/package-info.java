/**
 * The way out of chunks: finds them in the index, reads those that lie side by side at once, decrypts and verifies
 * them, from the volumes or from the archive. What cannot be read is reported, and its container is suspect from then
 * on.
 *
 * <p>Uses {@code index} and {@code container}, and {@code ingest} for containers that are still open. Called by the
 * server and the console for restores, and by all of the engine that reads pages.
 */
package dev.holdfast.store.restore;
