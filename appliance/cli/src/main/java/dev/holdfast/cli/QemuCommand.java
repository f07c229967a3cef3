package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ShellWord;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** How QEMU is started with the disks of an instant recovery. */
final class QemuCommand {
    private static final String PROGRAM = "qemu-system-x86_64";
    /** So long QEMU waits for an appliance that is being restarted; the machine sees only that its disks are slow. */
    private static final int RECONNECT_SECONDS = 600;

    private static final int NBD_PORT = 10809;

    private final JsonNode recovery;

    /** @param recovery as the API tells of it */
    QemuCommand(JsonNode recovery) {
        this.recovery = recovery;
    }

    /** What people can copy: for the appliance itself, and for another host. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        JsonNode first = recovery.path("disks").path(0);
        if (!first.path("local").asText().isEmpty()) {
            lines.add("On the appliance:");
            lines.add("  " + String.join(" ", PROGRAM, "-machine q35 -accel kvm -accel tcg -m 2G"));
            lines.addAll(indented("local"));
        }
        if (!first.path("remote").asText().isEmpty()) {
            lines.add("On " + recovery.path("user").asText() + ", as root:");
            lines.add(
                    "  mkdir -p /run/holdfast-nbd && cd /run/holdfast-nbd && ln -sf /var/lib/holdfast/ca.crt ca-cert.pem"
                            + " && ln -sf /var/lib/holdfast/node.crt client-cert.pem && ln -sf /var/lib/holdfast/node.key"
                            + " client-key.pem");
            lines.add("  " + String.join(" ", PROGRAM, "-machine q35 -accel kvm -accel tcg -m 2G"));
            lines.add("    -object tls-creds-x509,id=holdfast,endpoint=client,dir=/run/holdfast-nbd");
            lines.addAll(indented("remote"));
        }
        return lines;
    }

    /** Runs QEMU with the caller's terminal until it ends; returns its exit code. */
    int run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        if (!arguments.contains("-machine") && !arguments.contains("-M")) {
            command.addAll(List.of("-machine", "q35"));
        }
        if (!arguments.contains("-accel")) {
            command.addAll(List.of("-accel", "kvm", "-accel", "tcg"));
        }
        if (arguments.isEmpty()) {
            command.addAll(List.of("-m", "2G", "-nographic"));
        }
        command.addAll(disks("local"));
        command.addAll(arguments);
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor();
        } catch (IOException e) {
            throw new IOException(
                    PROGRAM + " cannot be started (" + e.getMessage() + "); install it: apt install qemu-system-x86",
                    e);
        }
    }

    private List<String> indented(String which) {
        List<String> words = disks(which);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < words.size(); i += 2) {
            lines.add("    " + words.get(i) + " " + ShellWord.of(words.get(i + 1)));
        }
        return lines;
    }

    /** An option and its value, for each disk and for its device. */
    private List<String> disks(String which) {
        List<String> disks = new ArrayList<>();
        for (JsonNode each : recovery.path("disks")) {
            String node = "disk" + each.path("number").asInt();
            disks.add("-blockdev");
            disks.add("driver=nbd,node-name=" + node + "," + server(each, which) + ",export="
                    + each.path("export").asText() + ",reconnect-delay=" + RECONNECT_SECONDS + ",discard=unmap");
            disks.add("-device");
            disks.add("virtio-blk-pci,drive=" + node);
        }
        return disks;
    }

    private static String server(JsonNode disk, String which) {
        URI uri = URI.create(disk.path(which).asText());
        if (which.equals("local")) {
            return "server.type=unix,server.path="
                    + uri.getQuery().substring("socket=".length()).replace(",", ",,");
        }
        return "server.type=inet,server.host=" + uri.getHost() + ",server.port="
                + (uri.getPort() < 0 ? NBD_PORT : uri.getPort()) + ",tls-creds=holdfast";
    }
}
