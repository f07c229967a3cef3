package dev.holdfast.agent.backup;

/** Where chunks are compressed. */
public enum CompressionSide {
    CLIENT,
    APPLIANCE,
    /** Here, unless the network is so fast and the data so dense that it costs time. */
    AUTO
}
