/**
 * Measures a machine before it becomes an appliance, and predicts how much it backs up and restores in an hour.
 *
 * <p>{@link dev.holdfast.server.preflight.Preflight} measures disks, processors, memory and network, and reads the health of the
 * server's parts; {@link dev.holdfast.server.preflight.Prediction} is the model, explained in docs/performance.md. Needs no
 * appliance and no data directory. Called by a command only.
 */
@NullMarked
package dev.holdfast.server.preflight;

import org.jspecify.annotations.NullMarked;
