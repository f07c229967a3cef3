package dev.holdfast.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.memory.MemoryAppliance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The services of the virtual machines of a host, whose directories come, change, go and cannot be read. */
class MachineServicesTest {
    private static final String READY = "web: Ready for orders";
    private static final String ANEW = "web: enrolled anew; the service begins anew";

    @TempDir
    Path dir;

    private final List<String> said = new CopyOnWriteArrayList<>();
    private MemoryAppliance appliance;
    private MachineServices services;
    private Path web;

    @BeforeEach
    void start() throws Exception {
        appliance = new MemoryAppliance();
        web = Files.createDirectories(dir.resolve("vms/web"));
        machine("one");
        appliance.enrol("web", web);
        services = new MachineServices(dir, said::add);
        lookUntil(READY, 1);
    }

    @AfterEach
    void stop() throws IOException {
        services.close();
        appliance.close();
    }

    private void machine(String name) throws IOException {
        Files.writeString(
                web.resolve("machine.json"),
                "{\"version\":1,\"machine\":\"libvirt:" + name + "\",\"uuid\":\"1\",\"name\":\"" + name + "\"}");
    }

    private long said(String line) {
        return said.stream().filter(line::equals).count();
    }

    private void lookUntil(String line, long times) throws Exception {
        for (int i = 0; i < 600 && said(line) < times; i++) {
            services.look();
            Thread.sleep(50);
        }
        assertThat(said(line)).as(said.toString()).isEqualTo(times);
    }

    @Test
    void aServiceTakesUpWhatItsDirectoryIsEnrolledAsNow() throws Exception {
        machine("two");
        lookUntil(READY, 2);
        assertThat(said(ANEW)).isEqualTo(1);
        appliance.enrol("web2", web);
        lookUntil(READY, 3);
        assertThat(said(ANEW)).isEqualTo(2);
        // Another name of the same node is none.
        Path identity = web.resolve("identity.json");
        Files.writeString(identity, Files.readString(identity).replace("web2", "web3"));
        services.look();
        assertThat(said(ANEW)).isEqualTo(2);
    }

    @Test
    void whatCannotBeReadEndsNoService() throws Exception {
        Path vms = dir.resolve("vms");
        Path away = Files.move(vms, dir.resolve("away"));
        Files.writeString(vms, "no directory");
        services.look();
        services.look();
        assertThat(said).filteredOn(each -> each.startsWith("warning: " + vms)).hasSize(1);
        Files.delete(vms);
        Files.move(away, vms);

        Path damaged = Files.createDirectories(vms.resolve("damaged"));
        Files.writeString(damaged.resolve("identity.json"), "no JSON");
        Files.writeString(vms.resolve("file"), "");
        Files.delete(web.resolve("ca.crt"));
        services.look();
        services.look();
        assertThat(said)
                .filteredOn(each -> each.startsWith("warning: " + damaged))
                .hasSize(1);
        assertThat(said).filteredOn(each -> each.startsWith("warning: " + web)).hasSize(1);
        assertThat(services.works()).isTrue();
        assertThat(said(ANEW)).isZero();
        assertThat(said).noneMatch(each -> each.startsWith("web: the service ends"));
        assertThat(services.attended()).containsExactly(web);

        Files.delete(web.resolve("identity.json"));
        services.look();
        assertThat(services.attended()).isEmpty();
    }
}
