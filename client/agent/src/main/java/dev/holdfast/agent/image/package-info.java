/**
 * Disks as sources of backups and as targets of restores: block devices, and files with the bytes of a disk in one of several
 * formats.
 *
 * <p>{@link dev.holdfast.agent.image.DiskImages} opens sources; {@code backup} reads them in blocks of fixed size. Uses {@code fs}.
 * Called by {@code cli}.
 */
package dev.holdfast.agent.image;
