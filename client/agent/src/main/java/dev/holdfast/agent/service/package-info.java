/**
 * The client's service: holds a connection to the appliance, carries out its orders, and reports progress and results.
 *
 * <p>Orders go only where the node's administrator allows them, see {@link dev.holdfast.agent.service.RestoreRights} and
 * {@code Scripts}. Uses {@code backup}, {@code restore}, {@code browse} and {@code remote}. Called by {@code cli}.
 */
package dev.holdfast.agent.service;
