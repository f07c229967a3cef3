package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** XML as libvirt tells it. */
class LibvirtDomainTest {
    private static LibvirtDomain parsed(String xml) throws IOException {
        return LibvirtDomain.of(Xml.parse(xml), Map.of("vda", 1L << 20, "sda", 2L << 20), "7.2.22");
    }

    private static final String SYSTEM = """
            <domain type='kvm' id='3'>
              <name>web</name>
              <uuid>a13088d4-944a-4e31-92a1-d7a08a4847e9</uuid>
              <os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
              <devices>
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2'/>
                  <source file='/var/lib/libvirt/images/web.qcow2' index='2'/>
                  <backingStore type='file'><format type='qcow2'/><source file='/images/base.qcow2'/></backingStore>
                  <target dev='vda' bus='virtio'/>
                  <alias name='virtio-disk0'/>
                </disk>
                <disk type='block' device='disk'>
                  <driver name='qemu' type='raw'/>
                  <source dev='/dev/vg/web'/>
                  <target dev='sda' bus='scsi'/>
                </disk>
                <disk type='network' device='disk'>
                  <driver name='qemu' type='raw'/>
                  <source protocol='rbd' name='pool/web'><host name='ceph1' port='6789'/></source>
                  <target dev='vdb' bus='virtio'/>
                </disk>
                <disk type='file' device='cdrom'>
                  <driver name='qemu' type='raw'/>
                  <source file='/iso/install.iso'/>
                  <target dev='hda' bus='ide'/>
                  <readonly/>
                </disk>
                <disk type='file' device='cdrom'><target dev='hdb' bus='ide'/></disk>
                <controller type='scsi' index='0' model='virtio-scsi'>CONTROLLER</controller>
                <channel type='unix'>
                  <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>
                </channel>
              </devices>
              <seclabel type='dynamic' model='apparmor' relabel='yes'><label>libvirt-a13088d4</label></seclabel>
              <seclabel type='dynamic' model='dac' relabel='yes'><label>+64055:+64055</label></seclabel>
            </domain>
            """;

    @Test
    void aMachineOfTheSystemIsUnderstood() throws Exception {
        LibvirtDomain domain = parsed(SYSTEM.replace("CONTROLLER", ""));
        Machine machine = domain.machine();
        assertThat(machine.name()).isEqualTo("web");
        assertThat(machine.uefi()).isTrue();
        assertThat(domain.active()).isTrue();
        assertThat(domain.runner()).isEqualTo("64055");
        assertThat(domain.agent()).isEqualTo("connected");
        assertThat(domain.targets()).containsExactly("vda", "sda", "vdb", "hda", "hdb");
        assertThat(machine.disks().stream().map(MachineDisk::file))
                .containsExactly(
                        "/var/lib/libvirt/images/web.qcow2",
                        "/dev/vg/web",
                        "rbd pool/web ceph1:6789",
                        "/iso/install.iso");
        assertThat(machine.disks().getFirst().origin()).endsWith("\n/images/base.qcow2");
        assertThat(machine.choose(List.of("vda", "sda")).stream().map(MachineDisk::size))
                .containsExactly(2L << 20, 1L << 20);
        assertThat(machine.disks().stream().filter(MachineDisk::usual).map(MachineDisk::name))
                .containsExactly("vda", "sda", "vdb");
        assertThat(domain.untracked(machine.disks().get(0))).isEmpty();
        assertThat(domain.untracked(machine.disks().get(1)).orElse("")).contains("qcow2 disks only");
    }

    @Test
    void threadsOfDisksAndOfTheirBusAreFound() throws Exception {
        LibvirtDomain bus = parsed(SYSTEM.replace("CONTROLLER", "<driver iothread='1'/>"));
        assertThat(bus.threaded()).containsExactly("sda");
        LibvirtDomain disk = parsed(SYSTEM.replace("CONTROLLER", "")
                .replace("type='qcow2'/>\n      <source", "type='qcow2' iothread='1'/>\n      <source"));
        assertThat(disk.threaded()).containsExactly("vda");
        assertThat(disk.untracked(disk.machine().disks().getFirst()).orElse("")).contains("I/O thread");
        LibvirtDomain several = parsed(SYSTEM.replace("CONTROLLER", "")
                .replace(
                        "type='qcow2'/>\n      <source",
                        "type='qcow2'><iothreads><iothread id='1'/></iothreads></driver>\n      <source"));
        assertThat(several.threaded()).containsExactly("vda");
    }

    @Test
    void foreignXmlReadsNoFiles() {
        assertThatThrownBy(() -> Xml.parse("<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><d>&x;</d>"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("libvirt's XML cannot be read");
        assertThatThrownBy(() -> Xml.parse("no XML")).isInstanceOf(IOException.class);
    }
}
