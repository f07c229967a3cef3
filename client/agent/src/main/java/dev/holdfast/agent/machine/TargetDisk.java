package dev.holdfast.agent.machine;

import java.nio.file.Path;

/**
 * A disk of this machine, or a file that stands for one.
 *
 * @param device a block device, or a regular file
 * @param model for people; empty where it is not known
 * @param content what it has, for people, such as {@code 2 partitions}; empty where it has nothing that is known
 */
public record TargetDisk(Path device, long bytes, int sectorBytes, String model, String content) {}
