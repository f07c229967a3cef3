/**
 * The appliance's API over HTTPS and over the administration socket: a table of routes, which parse, call a use case and answer
 * in JSON. To add a route, add it to the class of its noun ({@link dev.holdfast.api.Routes}). May use use cases and the value
 * types of the control layer, neither tables nor the store nor the vault. Called by the appliance's start-up code, and by
 * commands in their own process where no appliance runs.
 */
@NullMarked
package dev.holdfast.api;

import org.jspecify.annotations.NullMarked;
