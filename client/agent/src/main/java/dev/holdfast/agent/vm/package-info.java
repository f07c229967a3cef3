/**
 * Running machines of QEMU as sources of backups, without a program inside: through the monitor (QMP), all disks at one point in time,
 * with dirty bitmaps that tell what changed.
 *
 * <p>{@link dev.holdfast.agent.vm.VmDisks} is the whole of it. Uses {@code image} and the NBD client of {@code client/protocol}. Called by
 * {@code cli}.
 */
package dev.holdfast.agent.vm;
