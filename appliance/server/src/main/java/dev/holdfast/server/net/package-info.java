/**
 * Serves clients: the listener for TLS connections, the handlers of their requests, and the limits that keep one client from
 * another's share. docs/protocol.md is normative.
 *
 * <p>The way of a request: {@link dev.holdfast.server.net.Listener} accepts a connection and gives it a
 * {@code ClientConnection}, which makes the handshake, finds out which node it is, and exchanges the {@code Greeting}. The
 * {@code RequestLoop} reads frames and answers each on a virtual thread: the {@code RequestDispatcher} passes it to the handler
 * for enrolment, identity, backups, reading or orders, and the {@code ResponseWriter} sends the answers. {@code Limits} holds
 * the memory budgets, thread pools and rates that all connections share.
 *
 * <p>Uses {@code protocol} (messages), {@code store} (chunks and snapshots) and {@code control} (nodes, tasks, audit log,
 * orders, retention). Called by the appliance's start-up code, which composes {@link dev.holdfast.server.net.Services}.
 */
package dev.holdfast.server.net;
