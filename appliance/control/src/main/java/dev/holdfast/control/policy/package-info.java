/**
 * Which snapshots are kept: policies, retention, locks, and the signs of an attack that pause retention.
 *
 * <p>{@link dev.holdfast.control.policy.RetentionService} is the only class that forgets snapshots, whoever asks for it; it
 * refuses those that a lock or a hold keeps. {@link dev.holdfast.control.policy.Retention} and {@link
 * dev.holdfast.control.policy.Policy} are the rules, {@link dev.holdfast.control.policy.LockClock} the clock that locks go
 * by. {@link dev.holdfast.control.policy.AnomalyDetector} and {@link dev.holdfast.control.policy.MovedSources} compare a new
 * snapshot with those before it.
 *
 * <p>Uses the control database ({@code db}) and the store's list of snapshots. Called by the use cases of policies and
 * snapshots, by maintenance tasks ({@code task}), and by the listener after each backup; the data directory ({@code data})
 * stores the lock clock.
 */
@NullMarked
package dev.holdfast.control.policy;

import org.jspecify.annotations.NullMarked;
