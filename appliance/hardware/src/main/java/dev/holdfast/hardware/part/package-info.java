/**
 * The parts of a server and their health: {@link dev.holdfast.hardware.part.Part}, and the report of all of them with its
 * file format.
 *
 * <p>Uses no other package of the module.
 */
@NullMarked
package dev.holdfast.hardware.part;

import org.jspecify.annotations.NullMarked;
