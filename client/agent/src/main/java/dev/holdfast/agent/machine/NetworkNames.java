package dev.holdfast.agent.machine;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * Gives the network interfaces of this machine the names that the restored system has settings for. Names such as {@code enp3s0} come
 * from where a card is plugged in, and differ on other hardware. The kernel's own ({@code eth0}) do not need it.
 */
final class NetworkNames {
    private static final Path INTERFACES = Path.of("/sys/class/net");

    private final List<SourceMachine.Interface> former;
    private final Told told;

    NetworkNames(List<SourceMachine.Interface> former, Told told) {
        this.former = former.stream()
                .filter(each -> each.name().matches("en[a-z0-9]{1,12}"))
                .sorted(Comparator.comparing(SourceMachine.Interface::name))
                .toList();
        this.told = told;
    }

    /** @param links the directory of systemd's link files */
    void write(Path links) throws IOException {
        List<SourceMachine.Interface> present = present();
        if (former.isEmpty()
                || former.stream()
                        .allMatch(each -> present.stream()
                                .anyMatch(other -> other.address().equals(each.address())))) {
            return;
        }
        if (present.size() < former.size()) {
            told.warning("the machine had " + former.size() + " wired network interfaces, and this one has "
                    + present.size() + "; look at its network settings when it has started");
        }
        for (int i = 0; i < Math.min(former.size(), present.size()); i++) {
            String name = former.get(i).name();
            String address = present.get(i).address();
            Path link = links.resolve("10-holdfast-" + name + ".link");
            // It may be a link to a file of this machine.
            Files.deleteIfExists(link);
            Files.writeString(
                    link,
                    "# Written when this machine was restored to other hardware.\n[Match]\nMACAddress=" + address
                            + "\n\n[Link]\nName=" + name + "\n",
                    StandardOpenOption.CREATE_NEW);
            told.did("The network interface " + address + " is called " + name + " in the restored system");
        }
    }

    /** The wired ones of hardware, in the order of their names here. */
    private static List<SourceMachine.Interface> present() throws SocketException {
        List<SourceMachine.Interface> found = new ArrayList<>();
        for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            byte[] address = each.getHardwareAddress();
            Path device = INTERFACES.resolve(each.getName());
            if (address != null
                    && Files.exists(device.resolve("device"))
                    && !Files.exists(device.resolve("wireless"))) {
                found.add(new SourceMachine.Interface(
                        each.getName(), HexFormat.ofDelimiter(":").formatHex(address)));
            }
        }
        found.sort(Comparator.comparing(SourceMachine.Interface::name));
        return found;
    }
}
