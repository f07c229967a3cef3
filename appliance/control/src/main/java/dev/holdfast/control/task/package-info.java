/**
 * Work that the appliance does by itself: the queue of its tasks, and watches over its clock, certificates and space.
 *
 * <p>{@link dev.holdfast.control.task.TaskRunner} takes one task after the other from the control database and gives it to
 * {@link dev.holdfast.control.task.Maintenance}, which carries it out: retention, collection, scrub, usage, pruning of the
 * audit log. {@link dev.holdfast.control.task.MaintenanceSchedule} queues what is due every day. What a kind of task has to
 * be told is in {@code taskspec}; a new kind is added there first, and the compiler then names the switch in {@code
 * Maintenance} that must handle it. Orders to clients are in {@code plan}.
 *
 * <p>Uses the store, the control database ({@code db}, {@code taskspec}), {@code policy} for retention and {@code audit}.
 * Started by the appliance's start-up code; the use cases only queue tasks and read their state.
 */
@NullMarked
package dev.holdfast.control.task;

import org.jspecify.annotations.NullMarked;
