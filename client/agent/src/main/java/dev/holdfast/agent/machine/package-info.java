/**
 * Whole machines out of snapshots of their disks, on other hardware: which disk goes where, larger partitions and file systems, and
 * what the installed system needs to start there.
 *
 * <p>{@link dev.holdfast.agent.machine.SourceMachine} tells what a snapshot has, {@link dev.holdfast.agent.machine.TargetDisks} what is
 * there, {@link dev.holdfast.agent.machine.Assignment} brings them together; when the bytes are on disk, {@link
 * dev.holdfast.agent.machine.Adaptation} does the rest with the programs of the system. Uses {@code image}. Called by {@code cli}.
 */
package dev.holdfast.agent.machine;
