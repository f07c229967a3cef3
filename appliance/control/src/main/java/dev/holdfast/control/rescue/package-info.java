/**
 * A start for rescue, on a data directory that is only read: on a file system that is mounted read-only, on disks that fail,
 * with volumes missing. {@link dev.holdfast.control.rescue.Mirror} makes a data directory of links and copies in a scratch
 * directory, in which an appliance works as in its own. Called by the command line.
 */
@NullMarked
package dev.holdfast.control.rescue;

import org.jspecify.annotations.NullMarked;
