/**
 * Sends events to people and other systems, by mail and by webhooks.
 *
 * <p>{@link dev.holdfast.control.alert.AlertChannel} is where to and from which severity on, {@link
 * dev.holdfast.control.alert.AlertSender} sends one message, and {@link dev.holdfast.control.alert.Alerts} is the thread
 * that follows the table of events, groups repeated events, and retries what could not be sent. Raising an event is not
 * done here but by {@code db.Events}.
 *
 * <p>Uses the control database ({@code db}), {@code calendar}, {@code outgoing} for HTTP, and the appliance's keys, with which
 * secrets of channels are sealed. Started by the appliance's start-up code; called by the use cases of alerts,
 * and by the rotation of keys ({@code data}), which seals secrets again.
 */
@NullMarked
package dev.holdfast.control.alert;

import org.jspecify.annotations.NullMarked;
