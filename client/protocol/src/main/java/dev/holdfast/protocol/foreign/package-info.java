/**
 * Finds the native libraries of an installation, for the packages that call their functions.
 *
 * <p>Uses the JDK only. Called by {@code hash} and by the agent's {@code chunk}.
 */
package dev.holdfast.protocol.foreign;
