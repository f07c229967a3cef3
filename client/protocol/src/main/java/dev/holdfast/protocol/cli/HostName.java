package dev.holdfast.protocol.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The name that this machine has for itself, whether or not any name service knows it. */
public final class HostName {
    private static final Path LINUX = Path.of("/proc/sys/kernel/hostname");

    private HostName() {}

    /** Never fails; {@code localhost} where the machine has no name. On Linux no name service is asked. */
    public static String own() {
        try {
            String name = Files.readString(LINUX).strip();
            return name.isEmpty() ? "localhost" : name;
        } catch (IOException e) {
            return resolved();
        }
    }

    private static String resolved() {
        String name = System.getenv("COMPUTERNAME");
        try {
            name = name == null ? InetAddress.getLocalHost().getHostName() : name;
        } catch (UnknownHostException e) {
            name = System.getenv("HOSTNAME");
        }
        return name == null || name.isBlank() ? "localhost" : name.strip();
    }
}
