/** The monitor of a machine of QEMU (QMP), and Unix sockets that carry JSON. What the other side sends is not trusted. */
package dev.holdfast.protocol.qmp;
