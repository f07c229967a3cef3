/**
 * Reads what tools and the kernel print about hardware.
 *
 * <p>Each parser is a function of bytes. It never throws: what it cannot read becomes a part whose state is unknown, with the
 * reason, and never a healthy part.
 */
@NullMarked
package dev.holdfast.hardware.parse;

import org.jspecify.annotations.NullMarked;
