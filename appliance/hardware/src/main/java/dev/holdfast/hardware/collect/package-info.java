/**
 * Runs the tools that know the health of a server's parts, and makes a report of what they print.
 *
 * <p>{@link dev.holdfast.hardware.collect.Collector} decides what is run; {@link dev.holdfast.hardware.collect.Tools} runs one
 * tool with limits of time and output. Runs as root, in a process of its own.
 */
@NullMarked
package dev.holdfast.hardware.collect;

import org.jspecify.annotations.NullMarked;
