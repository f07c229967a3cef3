/**
 * Files out of the disks of snapshots. File systems in images come from machines that may be hostile, so that the appliance's own system
 * never mounts them: guestfish of libguestfs reads them in a small virtual machine ({@link dev.holdfast.control.guestfs.Guestfish}), which
 * gets the disks read-only by NBD from this process. {@link dev.holdfast.control.guestfs.ImageFiles} keeps a few of these machines.
 */
@NullMarked
package dev.holdfast.control.guestfs;

import org.jspecify.annotations.NullMarked;
