/**
 * Random access to the large files of snapshots, as those of disks: {@link dev.holdfast.control.image.ImageReader} finds the pages of
 * the manifest and the chunks of a range, and reads them through a {@link dev.holdfast.control.image.ImageCache} that all share.
 */
@NullMarked
package dev.holdfast.control.image;

import org.jspecify.annotations.NullMarked;
