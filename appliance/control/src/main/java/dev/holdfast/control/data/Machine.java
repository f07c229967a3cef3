package dev.holdfast.control.data;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What a machine has, or the container that this process runs in.
 *
 * @param cores processors as the system counts them
 */
public record Machine(int cores, long memoryBytes) {
    public static Machine ofThisProcess() {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize());
    }
}
