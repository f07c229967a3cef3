/**
 * Figures for Prometheus over HTTP: storage, nodes, tasks, vaults, connections. Reads the control database and the store, and
 * changes nothing. Called by the appliance's start-up code.
 */
@NullMarked
package dev.holdfast.server.metrics;

import org.jspecify.annotations.NullMarked;
