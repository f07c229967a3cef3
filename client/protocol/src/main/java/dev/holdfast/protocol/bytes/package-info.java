/**
 * Reading and writing bytes: bounded readers and growing writers for all formats and messages, the exception for bytes that do
 * not follow a format, and a pool of spare objects.
 *
 * <p>Uses the JDK only. Called by every part of client and appliance that reads or writes a format.
 */
package dev.holdfast.protocol.bytes;
