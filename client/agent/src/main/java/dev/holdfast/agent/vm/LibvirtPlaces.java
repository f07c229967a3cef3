package dev.holdfast.agent.vm;

import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Optional;

/**
 * Where a machine of libvirt may make files, and as whom. Taken from libvirt and from the machine's disks, never from processes: anybody
 * can start one that says that it is the machine.
 */
record LibvirtPlaces(LibvirtDomain domain, List<MachineDisk> disks) {
    private static final Path SYSTEM = Path.of("/var/lib/libvirt/qemu");

    /** Who runs it; empty where that is the user of this process. */
    Optional<UserPrincipal> runner() throws IOException {
        if (!Platform.current().privileged()) {
            return Optional.empty();
        }
        if (!domain.runner().isEmpty()) {
            return Optional.of(
                    FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(domain.runner()));
        }
        Optional<Path> disk = file();
        return disk.isPresent() ? Optional.of(Files.getOwner(disk.get())) : Optional.empty();
    }

    /** The directory that libvirt of the system makes for a machine, where AppArmor and SELinux let it make a socket. */
    Optional<Path> own() throws IOException {
        if (domain.runner().isEmpty() || !Files.isDirectory(SYSTEM)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(SYSTEM, "domain-" + domain.id() + "-*")) {
            for (Path each : found) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    /** The machine can write there, and there is space for its disks. */
    Path besides() {
        return file().map(Path::getParent).orElse(Path.of("/var/tmp"));
    }

    /** The first disk that is a file. */
    private Optional<Path> file() {
        return disks.stream().flatMap(each -> path(each.file()).stream()).findFirst();
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text)).filter(Path::isAbsolute).filter(Files::isRegularFile);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
