/**
 * The appliance as a whole: {@link dev.holdfast.server.Appliance} wires everything of a running one together, from the data
 * directory to the listeners; {@link dev.holdfast.server.StoppedAppliance} does the same for commands where none runs. May use
 * everything. Called by commands.
 */
@NullMarked
package dev.holdfast.server;

import org.jspecify.annotations.NullMarked;
