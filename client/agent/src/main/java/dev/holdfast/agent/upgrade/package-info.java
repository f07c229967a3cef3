/**
 * Upgrades of this client that the appliance orders: what of them the service may do, which is to fetch a package, verify it,
 * and leave it for the installer.
 *
 * <p>The installer, {@code upgrade} beside the launcher, runs as root in a unit of its own, verifies the package again, installs
 * it, and goes back to the previous version if the new one does not reach the appliance. Uses {@code install} and {@code
 * remote}. Called by {@code service} and {@code cli}.
 */
@NullMarked
package dev.holdfast.agent.upgrade;

import org.jspecify.annotations.NullMarked;
