/**
 * An appliance in memory, for tests of the client: it speaks the protocol over real TLS and keeps what it is sent. Tests of all other
 * packages use it.
 */
package dev.holdfast.agent.memory;
