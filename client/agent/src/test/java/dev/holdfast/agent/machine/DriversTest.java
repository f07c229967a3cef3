package dev.holdfast.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernel modules of an installed system. */
class DriversTest {
    @TempDir
    Path dir;

    @Test
    void tellsWhatNoKernelHas() throws Exception {
        Files.createDirectories(dir.resolve("6.1.0-1"));
        Files.createDirectories(dir.resolve("6.1.0-2"));
        Files.writeString(dir.resolve("6.1.0-1/modules.dep"), """
                kernel/drivers/ata/ahci.ko.xz: kernel/drivers/ata/libahci.ko.xz kernel/drivers/ata/libata.ko.xz
                kernel/drivers/ata/libahci.ko.xz: kernel/drivers/ata/libata.ko.xz
                """);
        Files.writeString(dir.resolve("6.1.0-2/modules.dep"), "kernel/drivers/scsi/sd_mod.ko:\n");
        Files.writeString(dir.resolve("6.1.0-2/modules.builtin"), "kernel/drivers/nvme/host/nvme-core.ko\n");
        assertThat(Drivers.missing(Set.of("ahci", "sd_mod", "nvme_core", "megaraid_sas"), dir))
                .containsExactly("megaraid_sas");
    }

    @Test
    void saysNothingWhereNoKernelIsKnown() throws Exception {
        assertThat(Drivers.missing(Set.of("ahci"), dir.resolve("none"))).isEmpty();
        Files.createDirectories(dir.resolve("6.1.0-1"));
        assertThat(Drivers.missing(Set.of("ahci"), dir)).isEmpty();
    }

    @Test
    void fileThatIsNoDeviceNeedsNone() throws Exception {
        assertThat(Drivers.of(Files.createFile(dir.resolve("disk")))).isEmpty();
    }
}
