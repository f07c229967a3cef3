/**
 * How this client was installed: which version it is, what kind of package it came in, and which release keys came with it.
 *
 * <p>Uses no other package of the agent. Called by {@code remote}, which tells the appliance the version, and by {@code
 * upgrade}.
 */
@NullMarked
package dev.holdfast.agent.install;

import org.jspecify.annotations.NullMarked;
