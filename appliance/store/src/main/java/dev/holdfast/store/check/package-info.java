/**
 * Looks for damage. {@link dev.holdfast.store.check.Checker} compares the whole store with itself and names the
 * snapshots and files that are hurt; {@link dev.holdfast.store.check.Scrub} reads some containers at a time, round
 * after round, and heals what the archive has whole.
 *
 * <p>Uses every other package of the store; of {@code gc} only its pace. Called by the control layer's maintenance and
 * by the command {@code check}.
 */
package dev.holdfast.store.check;
