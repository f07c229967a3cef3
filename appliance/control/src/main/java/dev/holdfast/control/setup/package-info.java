/**
 * What the appliance remembers of its first setup: how far it got, the names of the certificate, and what was confirmed. Kept
 * in the settings of the control database.
 *
 * <p>May use {@code db}, {@code access} and the keyring. Called by use cases, by {@code local} and by the running appliance.
 */
@NullMarked
package dev.holdfast.control.setup;

import org.jspecify.annotations.NullMarked;
