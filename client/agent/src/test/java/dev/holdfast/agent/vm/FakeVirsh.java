package dev.holdfast.agent.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A program that answers as virsh 9.0 does, with a machine of one disk whose libvirt does what a test says. */
final class FakeVirsh {
    static final String UUID = "a13088d4-944a-4e31-92a1-d7a08a4847e9";

    private final Path dir;

    FakeVirsh(Path parent) throws IOException {
        dir = Files.createDirectories(parent.resolve("virsh"));
        Files.writeString(dir.resolve("log"), "");
        Path program = dir.resolve("program");
        Files.writeString(program, """
            #!/bin/sh
            shift 3
            echo "$*" >>DIR/log
            if [ -f "DIR/answer-$1" ]; then . "DIR/answer-$1"; fi
            """.replace("DIR", dir.toString()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    Virsh virsh() {
        return new Virsh(dir.resolve("program"), List.of("-c", "test:///default"));
    }

    /** What a shell does for a command; nothing otherwise. */
    void answer(String command, String script) throws IOException {
        Files.writeString(dir.resolve("answer-" + command), script);
    }

    void refuse(String command, String error) throws IOException {
        answer(command, "echo 'error: " + error + "' >&2; exit 1");
    }

    /** A machine that runs, with a guest agent and without a backup. */
    void machine() throws IOException {
        Path disk = Files.writeString(dir.resolve("mail.qcow2"), "content");
        answer("list", "echo '" + UUID + " mail'");
        answer("dumpxml", "cat <<'END'\n" + """
            <domain type='kvm' id='3'>
              <name>mail</name>
              <uuid>UUID</uuid>
              <devices>
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2'/>
                  <source file='DISK'/>
                  <target dev='vda' bus='virtio'/>
                </disk>
                <channel type='unix'>
                  <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>
                </channel>
              </devices>
            </domain>
            """.replace("UUID", UUID).replace("DISK", disk.toString()) + "END\n");
        answer("domstats", "echo ' block.0.name=vda'; echo ' block.0.capacity=1048576'");
        answer("dominfo", "echo 'Persistent:     yes'");
        answer("domstate", "echo running");
        refuse("backup-dumpxml", "Domain backup job id not found: no domain backup job present");
        answer("domfsfreeze", "echo 'Froze 2 filesystem(s)'");
        answer("domfsthaw", "echo 'Thawed 2 filesystem(s)'");
    }

    /** What was asked, without arguments. */
    List<String> commands() throws IOException {
        return calls().stream().map(each -> each.replaceFirst(" .*", "")).toList();
    }

    List<String> calls() throws IOException {
        return Files.readAllLines(dir.resolve("log"));
    }

    void forget() throws IOException {
        Files.writeString(dir.resolve("log"), "");
    }
}
