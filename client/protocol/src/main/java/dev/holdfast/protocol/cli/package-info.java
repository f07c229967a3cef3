/**
 * What the command lines of client and appliance have in common: exit codes, options, units of sizes, and commands as messages
 * quote them.
 *
 * <p>Uses {@code text} and picocli. Called by both command lines, and by code whose messages name a command.
 */
package dev.holdfast.protocol.cli;
