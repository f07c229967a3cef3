/**
 * The command line: one class a command, and what commands share, such as output, progress and exit codes.
 *
 * <p>{@link dev.holdfast.agent.cli.Main} is where the client starts. Commands parse, call the packages of the agent, and print; nothing
 * else in the agent calls them. Only this package uses picocli.
 */
package dev.holdfast.agent.cli;
