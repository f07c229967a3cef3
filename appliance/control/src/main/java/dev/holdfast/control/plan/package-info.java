/**
 * Backup plans and orders: what clients' services are told to do, and when.
 *
 * <p>{@link dev.holdfast.control.plan.Plan} is what a plan says. {@link dev.holdfast.control.plan.Scheduler} orders the
 * backups that plans make due and retries failed ones, and {@link dev.holdfast.control.plan.Drills} orders rehearsed restores
 * and signs their reports. {@link dev.holdfast.control.plan.ClientRollOut} upgrades the clients of nodes whose plans say so.
 * {@link dev.holdfast.control.plan.Orders} writes orders as tasks, {@link
 * dev.holdfast.control.plan.Dispatcher} sends them to the clients that are connected and records what becomes of them, and
 * {@link dev.holdfast.control.plan.PlanLoop} is the thread that calls all four.
 *
 * <p>Uses the control database ({@code db}, {@code taskspec}), {@code calendar}, {@code pki} to sign reports, the list of
 * snapshots in the store, and the protocol's jobs. Called by the use cases of plans, snapshots, drills and tasks, and by the
 * listener's order handler; started by the appliance's start-up code.
 */
@NullMarked
package dev.holdfast.control.plan;

import org.jspecify.annotations.NullMarked;
