/**
 * How far an operation is, in one form for the command line and for reports to the appliance.
 *
 * <p>{@link dev.holdfast.agent.progress.Estimate} tells how much there is to do. Uses nothing else of the agent. Called by
 * {@code cli} and {@code service}.
 */
package dev.holdfast.agent.progress;
