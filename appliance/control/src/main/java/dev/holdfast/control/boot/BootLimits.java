package dev.holdfast.control.boot;

import dev.holdfast.control.taskspec.TaskSpec;

/** What a machine of a drill cannot exceed. */
public final class BootLimits {
    private static final int MOST_VIRTIO_DISKS = 16;
    /** Ports of the controller. */
    private static final int MOST_SATA_DISKS = 6;

    private BootLimits() {}

    public static int mostDisks(TaskSpec.Boot.Bus bus) {
        return bus == TaskSpec.Boot.Bus.VIRTIO ? MOST_VIRTIO_DISKS : MOST_SATA_DISKS;
    }
}
