/** Which snapshots of its own machine a client reads instead of files and disks that change: words of plans, orders and options. */
package dev.holdfast.protocol.snapshot;
