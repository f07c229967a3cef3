/**
 * Drills that boot: the disks of a snapshot in a machine of QEMU on the appliance, which has no network, until it shows that it works.
 *
 * <p>{@link dev.holdfast.control.boot.BootDrills} is the whole of it. What the machine does is not trusted: nothing of it is kept but the
 * end of what it says, and a picture of its screen. Uses {@code instant} for the disks. Called by {@code appliance/server} and use cases.
 */
package dev.holdfast.control.boot;
