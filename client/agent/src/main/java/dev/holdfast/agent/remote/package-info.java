/**
 * The appliance as the client sees it: identity and enrolment, TLS connections, requests, and manifests that are read from it.
 *
 * <p>Only this package opens sockets and knows the state directory's files of keys and certificates. Uses the protocol and {@code json}.
 * Called by {@code backup}, {@code restore}, {@code browse}, {@code service} and {@code cli}.
 */
package dev.holdfast.agent.remote;
