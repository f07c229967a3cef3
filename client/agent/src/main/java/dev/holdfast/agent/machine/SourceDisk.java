package dev.holdfast.agent.machine;

import dev.holdfast.protocol.manifest.TreePath;

/**
 * A disk in a snapshot.
 *
 * @param path where it was on the machine that was backed up
 * @param sectorBytes that partition tables count in; 0 where that is not known
 * @param type as lsblk names it, {@code disk} or {@code part}; empty where it is not known, as of disk image files
 */
public record SourceDisk(TreePath name, String path, long bytes, int sectorBytes, String type) {}
