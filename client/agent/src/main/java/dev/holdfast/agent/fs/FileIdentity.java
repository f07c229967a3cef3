package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;

/** Identifies one file whatever its path: hard links share it. Valid while the file exists; numbers are used again. */
public record FileIdentity(long device, long inode) {
    public static FileIdentity of(Stat stat) {
        return new FileIdentity(stat.device(), stat.inode());
    }

    /** The identity that a snapshot records. */
    public static FileIdentity of(Attributes recorded) {
        return new FileIdentity(recorded.device(), recorded.inode());
    }
}
