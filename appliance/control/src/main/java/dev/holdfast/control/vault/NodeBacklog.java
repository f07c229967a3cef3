package dev.holdfast.control.vault;

/**
 * How far a vault is behind with one node's snapshots.
 *
 * @param lastOffsite when its newest snapshot in the vault was taken, ms since 1970; 0 for none
 * @param bytesBehind that the snapshots behind sent, compressed
 * @param oldestBehind when its oldest snapshot that is not in the vault was committed, ms since 1970; 0 where all are
 */
public record NodeBacklog(
        String node, int snapshots, int offsite, long lastOffsite, int behind, long bytesBehind, long oldestBehind) {}
