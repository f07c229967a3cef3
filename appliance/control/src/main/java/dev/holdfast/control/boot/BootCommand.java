package dev.holdfast.control.boot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.taskspec.TaskSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How QEMU is called. Nothing in it is of the machine's or of a person's choice, except numbers.
 *
 * @param directory of the machine: {@link #monitor}, {@link #agent} and {@link #pid} are in it
 * @param disks names of exports
 * @param socket where the disks are served
 * @param hostPort of 127.0.0.1, that leads to the port of the machine; 0 for a machine without a network
 * @param kvm whether the processor helps
 * @param sandbox whether system calls are limited, which QEMU may have been built without
 */
record BootCommand(
        Path directory,
        TaskSpec.Boot spec,
        List<String> disks,
        Path socket,
        int hostPort,
        boolean kvm,
        boolean sandbox) {
    static final String PROGRAM = "qemu-system-x86_64";
    /** Firmware for UEFI as Debian has it. */
    static final Path FIRMWARE = Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd");

    static final Path VARIABLES = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");
    private static final ObjectMapper JSON = new ObjectMapper();

    static Path monitor(Path directory) {
        return directory.resolve("qmp");
    }

    static Path agent(Path directory) {
        return directory.resolve("agent");
    }

    static Path pid(Path directory) {
        return directory.resolve("pid");
    }

    static Path variables(Path directory) {
        return directory.resolve("variables");
    }

    private boolean uefi() {
        return spec.firmware() == TaskSpec.Boot.Firmware.UEFI;
    }

    List<String> words() {
        boolean virtio = spec.bus() == TaskSpec.Boot.Bus.VIRTIO;
        // The machine ends with the appliance, and gives way to everything else.
        List<String> words = new ArrayList<>(
                List.of("setpriv", "--pdeathsig", "KILL", "nice", "-n", "19", "ionice", "-c", "3", PROGRAM));
        words.addAll(List.of("-name", "holdfast-drill", "-nodefaults", "-no-user-config", "-display", "none"));
        // One that switches itself off can still be looked at.
        words.addAll(List.of("-no-shutdown", "-rtc", "base=utc"));
        words.addAll(List.of("-accel", kvm ? "kvm" : "tcg,tb-size=128"));
        words.addAll(List.of("-cpu", "max", "-smp", "1", "-m", Integer.toString(spec.memoryMib())));
        words.addAll(List.of("-pidfile", pid(directory).toString()));
        if (sandbox) {
            words.add("-sandbox");
            words.add("on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
        }
        words.add("-machine");
        words.add(uefi() ? "q35,pflash0=code,pflash1=variables" : "q35");
        if (uefi()) {
            blockdev(
                    words, Map.of("driver", "file", "node-name", "code", "filename", "" + FIRMWARE, "read-only", true));
            blockdev(words, Map.of("driver", "file", "node-name", "variables", "filename", "" + variables(directory)));
        }
        words.addAll(List.of("-device", "VGA,vgamem_mb=16", "-device", "virtio-rng-pci"));
        words.addAll(List.of("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"));
        words.addAll(
                List.of("-chardev", socket("monitor", monitor(directory)), "-mon", "chardev=monitor,mode=control"));
        if (spec.agent()) {
            words.addAll(List.of("-chardev", socket("agent", agent(directory)), "-device", "virtio-serial-pci"));
            words.addAll(List.of("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"));
        }
        words.addAll(network(virtio));
        for (int i = 0; i < disks.size(); i++) {
            Map<String, String> server = Map.of("type", "unix", "path", socket.toString());
            blockdev(words, Map.of("driver", "nbd", "node-name", "disk" + i, "server", server, "export", disks.get(i)));
            words.add("-device");
            words.add((virtio ? "virtio-blk-pci" : "ide-hd,bus=ide." + i) + ",drive=disk" + i + ",bootindex=" + i);
        }
        return words;
    }

    private List<String> network(boolean virtio) {
        if (hostPort == 0) {
            return List.of("-nic", "none");
        }
        // What the machine sends goes nowhere.
        String user = "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:" + hostPort + "-:" + spec.port();
        return List.of("-netdev", user, "-device", (virtio ? "virtio-net-pci" : "e1000e") + ",netdev=net,romfile=");
    }

    private static void blockdev(List<String> words, Map<String, ?> options) {
        try {
            words.addAll(List.of("-blockdev", JSON.writeValueAsString(options)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts can be written", e);
        }
    }

    private static String socket(String id, Path path) {
        return "socket,id=" + id + ",server=on,wait=off,path=" + path.toString().replace(",", ",,");
    }
}
