/**
 * Running machines of QEMU as sources of backups, without a program inside: all disks at one point in time, with dirty bitmaps that tell
 * what changed. Also which virtual machines this host has.
 *
 * <p>{@link dev.holdfast.agent.vm.VmDisks} does it through the machine's monitor (QMP), {@link dev.holdfast.agent.vm.LibvirtDisks} by
 * libvirt. Uses {@code image} and the NBD client of {@code client/protocol}. Called by {@code service} and {@code
 * cli}.
 */
package dev.holdfast.agent.vm;
