/**
 * Finds what is to be backed up: resolves sources, applies excludes, and walks directories in the order of the manifest.
 *
 * <p>Uses {@code fs}. Called by {@code backup}, by {@code cli} for dry runs, and by {@code restore} for patterns.
 */
package dev.holdfast.agent.scan;
