package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Command lines as QEMU, libvirt and Proxmox VE start machines. */
class QemuProcessTest {
    @TempDir
    Path proc;

    private void process(int pid, String... words) throws IOException {
        Path directory = Files.createDirectory(proc.resolve("" + pid));
        Files.writeString(directory.resolve("cmdline"), String.join("\0", words) + "\0");
    }

    private QemuProcess only() throws IOException {
        List<QemuProcess> all = QemuProcess.all(proc);
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    @Test
    void onlyMachinesAreFound() throws Exception {
        process(1, "/sbin/init");
        process(2, "vi", "qemu-system-x86_64");
        process(3, "qemu-img", "info", "x");
        process(4, "/usr/bin/qemu-system-aarch64", "-M", "virt");
        process(5, "/usr/libexec/qemu-kvm", "-name", "red");
        process(6, "qemu-system-x86_64", "--version");
        Files.createDirectory(proc.resolve("7"));
        process(8, "");
        assertThat(QemuProcess.all(proc)).hasSize(2);
        assertThat(QemuProcess.all(proc.resolve("missing"))).isEmpty();
    }

    @Test
    void aMonitorIsFoundInWhicheverWayItIsGiven() throws Exception {
        process(
                10,
                "qemu-system-x86_64",
                "-name",
                "mail,,1,debug-threads=on",
                "--uuid",
                "5f0c8a4e-0d4b-4c6c-9b7e-1f2a3b4c5d6e",
                "-qmp",
                "unix:/run/a,,b.qmp,server=on,wait=off",
                "-qmp",
                "unix:relative,server,nowait",
                "-qmp",
                "tcp:127.0.0.1:4444,server=on",
                "-qmp-pretty",
                "unix:/run/client.qmp",
                "-chardev",
                "socket,id=one,path=/run/one,server,nowait",
                "-mon",
                "one,mode=control",
                "-chardev",
                "socket,id=two,path=/run/two,server=on",
                "-mon",
                "chardev=two,mode=readline",
                "-chardev",
                "socket,id=three,fd=22,server=on,wait=off",
                "-mon",
                "chardev=three,mode=control",
                "-chardev",
                "socket,path=/run/agent,server=on,wait=off,id=qga0",
                "-device",
                "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0",
                "-qmp");
        QemuProcess process = only();
        assertThat(process.name()).isEqualTo("mail,1");
        assertThat(process.uuid()).startsWith("5f0c8a4e");
        assertThat(process.monitors()).containsExactly(Path.of("/run/a,b.qmp"), Path.of("/run/one"));
        assertThat(process.agent()).contains(Path.of("/run/agent"));
        assertThat(process.proxmox()).isEmpty();
        assertThat(process.ofLibvirt()).isFalse();
    }

    @Test
    void machinesOfProxmoxAndLibvirtAreTold() throws Exception {
        process(
                11,
                "/usr/bin/kvm",
                "-id",
                "104",
                "-name",
                "web,debug-threads=on",
                "-chardev",
                "socket,id=qmp,path=/var/run/qemu-server/104.qmp,server=on,wait=off",
                "-mon",
                "chardev=qmp,mode=control",
                "-chardev",
                "socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect=5",
                "-mon",
                "chardev=qmp-event,mode=control");
        assertThat(only().proxmox()).contains("104");
        assertThat(only().name()).isEqualTo("web");
        // That of the events is a client.
        assertThat(only().monitors()).containsExactly(Path.of("/var/run/qemu-server/104.qmp"));

        Files.delete(proc.resolve("11/cmdline"));
        process(
                12,
                "/usr/bin/qemu-system-x86_64",
                "-name",
                "guest=db,debug-threads=on",
                "-chardev",
                "socket,id=charmonitor,fd=22,server=on,wait=off",
                "-mon",
                "chardev=charmonitor,id=monitor,mode=control");
        assertThat(only().ofLibvirt()).isTrue();
        assertThat(only().name()).isEqualTo("db");
        assertThat(only().monitors()).isEmpty();
    }
}
