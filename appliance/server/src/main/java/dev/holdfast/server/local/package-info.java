/**
 * Use cases for the administrator of the machine, in the process of a command: set up and recover an appliance, check and
 * rebuild its store, change its keys, verify its audit log, check and thaw its vault. They work on the data directory and the
 * vault themselves, since there is no appliance yet, it must not run, or its own word must not be what proves it right. May use
 * everything below the API; called by commands only.
 */
@NullMarked
package dev.holdfast.server.local;

import org.jspecify.annotations.NullMarked;
