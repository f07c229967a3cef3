/**
 * The commands of {@code holdfast appliance}: they parse options, call the API ({@link dev.holdfast.cli.ApiCommand}) or a use case
 * of the machine's administrator ({@code dev.holdfast.server.local}), and print text or JSON. {@link dev.holdfast.cli.Failure} has
 * the exit codes. May use neither tables nor the store nor the vault. Called by the launcher.
 */
@NullMarked
package dev.holdfast.cli;

import org.jspecify.annotations.NullMarked;
