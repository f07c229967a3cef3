/**
 * The choice of the cryptography provider.
 *
 * <p>Uses the JDK only. Called by the main methods of client and appliance before anything else.
 */
package dev.holdfast.protocol.crypto;
