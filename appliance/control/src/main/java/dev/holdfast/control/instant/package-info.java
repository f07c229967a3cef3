/**
 * Disks of snapshots that machines run from at once: {@link dev.holdfast.control.instant.Recoveries} keeps what runs, each disk is an
 * {@link dev.holdfast.control.instant.Overlay} of what was written since on top of an {@link dev.holdfast.control.image.Image}, and is
 * served as an export of NBD.
 */
@NullMarked
package dev.holdfast.control.instant;

import org.jspecify.annotations.NullMarked;
