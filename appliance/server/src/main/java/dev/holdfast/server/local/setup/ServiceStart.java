package dev.holdfast.server.local.setup;

import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * How the service is started. Only root may, and the setup runs as the appliance's user, so its launcher does: it names a file
 * in which to ask for that.
 */
public final class ServiceStart {
    /** Names the file. */
    public static final String REQUEST = "HOLDFAST_START_REQUEST";

    private final Path data;
    private final Served served;
    private final String request;

    ServiceStart(Path data, Served served, Map<String, String> environment) {
        this.data = data;
        this.served = served;
        this.request = environment.getOrDefault(REQUEST, "");
    }

    /** Whether the launcher starts the service, once this process ended. */
    public boolean byLauncher() {
        return !request.isEmpty();
    }

    /** The command that starts the appliance. */
    public String command() {
        if (byLauncher() || System.getProperty("holdfast.command", "").endsWith("holdfast-appliance")) {
            return "systemctl start holdfast-appliance";
        }
        return served.toOthers()
                ? TypedCommand.appliance(data, "run")
                : TypedCommand.appliance(data, "run", "--listen", "0.0.0.0:8807", "--api", "0.0.0.0:8808");
    }

    void ask() throws IOException {
        if (byLauncher()) {
            Files.writeString(Path.of(request), "start\n");
        }
    }
}
