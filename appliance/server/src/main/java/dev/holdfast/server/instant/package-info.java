/** Serves the disks of instant recoveries by NBD: over a Unix socket, and over TLS to the nodes that they are for. */
@NullMarked
package dev.holdfast.server.instant;

import org.jspecify.annotations.NullMarked;
