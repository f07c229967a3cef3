/**
 * Leaves out of backups of disks what their file systems have not allocated: {@link dev.holdfast.agent.allocation.AllocatedDisks}.
 *
 * <p>Whatever is in doubt is read. Programs that read file systems run without rights, since a disk may come from a hostile machine.
 * Uses {@code image}. Called by {@code cli} and {@code service}.
 */
package dev.holdfast.agent.allocation;
