/**
 * The language of exclude patterns.
 *
 * <p>Uses {@code manifest} (paths) and {@code text}. Called by both sides: the appliance checks the patterns of a plan where it
 * is entered, the client applies them where it scans.
 */
package dev.holdfast.protocol.exclude;
