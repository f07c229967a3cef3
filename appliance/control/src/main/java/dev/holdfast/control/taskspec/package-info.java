/**
 * What tasks are: their kinds, what each kind has to be told, how that is stored, and the states that a task goes through.
 *
 * <p>{@link dev.holdfast.control.taskspec.TaskSpec} is a sealed interface with one record for each kind, so that code which
 * carries out tasks switches over types and the compiler names what a new kind must add. {@link
 * dev.holdfast.control.taskspec.TaskSpecCodec} is the only class that knows the stored texts.
 *
 * <p>Uses no other package of the appliance. Called by the tables ({@code db}), which store specifications, by {@code task}
 * and {@code plan}, which carry them out, and by the use cases, which make them.
 */
@NullMarked
package dev.holdfast.control.taskspec;

import org.jspecify.annotations.NullMarked;
