package dev.holdfast.agent.vm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A process of QEMU on this host, with the words of its command line. These are from whoever started it: they are looked at, not
 * trusted.
 */
record QemuProcess(List<String> words) {
    private static final Pattern PROGRAM = Pattern.compile("qemu-system-[a-z0-9_]+|qemu-kvm|kvm");
    private static final Path PROC = Path.of("/proc");

    /** All of this host that this user may see. */
    static List<QemuProcess> all() throws IOException {
        return all(PROC);
    }

    static List<QemuProcess> all(Path proc) throws IOException {
        List<QemuProcess> found = new ArrayList<>();
        if (!Files.isDirectory(proc)) {
            return found;
        }
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path each : processes) {
                try {
                    String line = Files.readString(each.resolve("cmdline"), StandardCharsets.UTF_8);
                    QemuProcess process = new QemuProcess(List.of(line.split("\0", -1)));
                    if (process.isMachine()) {
                        found.add(process);
                    }
                } catch (IOException e) {
                    // It has ended, belongs to another user, or its command line is not text.
                }
            }
        }
        return found;
    }

    private boolean isMachine() {
        String program = words.getFirst();
        return PROGRAM.matcher(program.substring(program.lastIndexOf('/') + 1)).matches()
                && words.stream().noneMatch(each -> each.equals("-version") || each.equals("--version"));
    }

    /** The values of an option. */
    private List<String> values(String option) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i + 1 < words.size(); i++) {
            if (words.get(i).equals("-" + option) || words.get(i).equals("--" + option)) {
                values.add(words.get(i + 1));
            }
        }
        return values;
    }

    /** The parts of an option's value: {@code socket,path=x,server=on}. The first may lack a key. */
    private static Map<String, String> parts(String value, String first) {
        Map<String, String> parts = new HashMap<>();
        // A comma in a value is doubled.
        for (String each : value.replace(",,", "\0").split(",")) {
            String text = each.replace('\0', ',');
            int equals = text.indexOf('=');
            if (parts.isEmpty() && equals < 0) {
                parts.put(first, text);
            } else {
                parts.put(
                        equals < 0 ? text : text.substring(0, equals), equals < 0 ? "on" : text.substring(equals + 1));
            }
        }
        return parts;
    }

    String name() {
        return values("name").stream()
                .findFirst()
                .map(each -> parts(each, "guest").getOrDefault("guest", ""))
                .orElse("");
    }

    /** Empty where it has none. */
    String uuid() {
        return values("uuid").stream().findFirst().orElse("");
    }

    /** The number of a machine of Proxmox VE; empty for others. */
    Optional<String> proxmox() {
        return values("id").stream().filter(each -> each.matches("[0-9]{1,9}")).findFirst();
    }

    /** Whether libvirt runs it. */
    boolean ofLibvirt() {
        return values("chardev").stream().anyMatch(each -> each.contains("id=charmonitor"));
    }

    /** The sockets of its monitors that programs use (QMP). */
    List<Path> monitors() {
        List<Path> monitors = new ArrayList<>();
        for (String option : List.of("qmp", "qmp-pretty")) {
            for (String each : values(option)) {
                Map<String, String> parts = parts(each, "address");
                String address = parts.getOrDefault("address", "");
                if (address.startsWith("unix:") && serves(parts)) {
                    path(address.substring("unix:".length())).ifPresent(monitors::add);
                }
            }
        }
        for (String each : values("mon")) {
            Map<String, String> parts = parts(each, "chardev");
            if (parts.getOrDefault("mode", "readline").equals("control")) {
                socket(parts.getOrDefault("chardev", "")).ifPresent(monitors::add);
            }
        }
        return monitors;
    }

    private static boolean serves(Map<String, String> parts) {
        return parts.containsKey("server") && !parts.get("server").equals("off");
    }

    /** The socket of a character device that listens. */
    private Optional<Path> socket(String id) {
        return values("chardev").stream()
                .map(each -> parts(each, "backend"))
                .filter(each ->
                        each.getOrDefault("backend", "").equals("socket") && id.equals(each.get("id")) && serves(each))
                .flatMap(each -> path(each.getOrDefault("path", "")).stream())
                .findFirst();
    }

    /** Relative paths mean nothing here. */
    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text)).filter(Path::isAbsolute);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** The socket of the guest agent. */
    Optional<Path> agent() {
        return values("device").stream()
                .map(each -> parts(each, "driver"))
                .filter(each -> each.getOrDefault("name", "").startsWith("org.qemu.guest_agent"))
                .flatMap(each -> socket(each.getOrDefault("chardev", "")).stream())
                .findFirst();
    }
}
