/**
 * Cuts files into chunks at places that their content decides.
 *
 * <p>Uses only the protocol's hashes and native libraries. Called by {@code backup}.
 */
package dev.holdfast.agent.chunk;
