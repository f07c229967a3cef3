/**
 * How well machines are protected, in one word each, and what is wrong until it is mended.
 *
 * <p>{@link dev.holdfast.control.health.MachineHealth} derives it from plans, runs and snapshots whenever it is asked, so that
 * a trouble ends with its cause. What cannot be derived comes from open events; kinds of events that tell the same as
 * something derived are left out, so that nothing is told twice. The overview, the lists of nodes and plans, the command
 * line and reports all show this and nothing else.
 *
 * <p>Reads the control database only.
 */
@NullMarked
package dev.holdfast.control.health;

import org.jspecify.annotations.NullMarked;
