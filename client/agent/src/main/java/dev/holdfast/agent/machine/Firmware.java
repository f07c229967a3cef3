package dev.holdfast.agent.machine;

import dev.holdfast.agent.machine.RestoredDisk.Part;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Sees to it that the firmware of this machine finds the restored system. A BIOS runs what the first sectors have, which were restored
 * with the rest; UEFI keeps a list of loaders in the machine itself, which a new one does not have.
 */
final class Firmware {
    private static final Path EFI = Path.of("/sys/firmware/efi");
    private static final int CODE_BYTES = 440;
    /** Of a vendor's directory, the first that is there starts the system. */
    private static final List<String> LOADERS =
            List.of("shim%s.efi", "grub%s.efi", "systemd-boot%s.efi", "bootmgfw.efi");

    private final Told told;
    private final boolean here;
    private final boolean uefi = Files.isDirectory(EFI);
    private boolean byBios;
    private boolean byUefi;

    /** @param here whether the disks are to start in this machine */
    Firmware(Told told, boolean here) {
        this.told = told;
        this.here = here;
    }

    void look(RestoredDisk disk) throws IOException {
        byBios |= hasCode(disk.device());
        for (Part each : disk.parts()) {
            if (each.esp() && each.type().equals("vfat")) {
                loaders(each);
            }
        }
    }

    void finish() {
        if (!here) {
            return;
        }
        if (uefi && !byUefi) {
            told.warning(
                    byBios
                            ? "this machine starts by UEFI, and the restored disks by BIOS; switch its firmware to legacy mode (CSM)"
                            : "no loader for UEFI was found on the disks; this machine may not start from them");
        } else if (!uefi && !byBios) {
            told.warning(
                    byUefi
                            ? "this machine starts by BIOS, and the restored disks by UEFI; switch its firmware to UEFI"
                            : "no boot loader was found on the disks; this machine may not start from them");
        }
    }

    private static boolean hasCode(Path disk) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
            byte[] code = new byte[CODE_BYTES];
            file.readFully(code);
            for (byte each : code) {
                if (each != 0) {
                    return true;
                }
            }
            return false;
        }
    }

    private void loaders(Part esp) throws IOException {
        try (MountPlace place = MountPlace.make("esp")) {
            place.mount(esp.device(), esp.type(), place.root());
            loaders(esp, place.root());
        }
    }

    private void loaders(Part esp, Path place) throws IOException {
        Optional<Path> directory = child(place, "EFI");
        if (directory.isEmpty()) {
            return;
        }
        Optional<Path> standard =
                child(directory.get(), "BOOT").flatMap(boot -> child(boot, "BOOT" + suffix() + ".EFI"));
        byUefi |= standard.isPresent();
        for (Path vendor : directories(directory.get())) {
            Optional<Path> loader = loader(vendor);
            if (loader.isPresent()) {
                byUefi = true;
                if (standard.isEmpty()) {
                    copy(vendor, directory.get(), loader.get());
                    standard = loader;
                }
                enter(esp, place, vendor, loader.get());
            }
        }
    }

    /** Of the architecture, as UEFI writes it. */
    private static String suffix() {
        return System.getProperty("os.arch", "").equals("aarch64") ? "AA64" : "X64";
    }

    private static Optional<Path> loader(Path vendor) throws IOException {
        List<Path> places = new ArrayList<>(List.of(vendor));
        child(vendor, "Boot").ifPresent(places::add);
        for (Path each : places) {
            for (String name : LOADERS) {
                Optional<Path> found = child(each, name.formatted(suffix().toLowerCase(Locale.ROOT)));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /** Firmware that has lost its list takes the loader of this name. */
    private void copy(Path vendor, Path directory, Path loader) throws IOException {
        Path boot = child(directory, "BOOT").orElse(directory.resolve("BOOT"));
        Files.createDirectories(boot);
        Files.copy(loader, boot.resolve("BOOT" + suffix() + ".EFI"));
        // What shim starts is beside it.
        Optional<Path> grub = child(vendor, "grub" + suffix().toLowerCase(Locale.ROOT) + ".efi");
        if (grub.isPresent() && !grub.get().equals(loader)) {
            Files.copy(grub.get(), boot.resolve(String.valueOf(grub.get().getFileName())));
        }
        told.did("Put the loader of " + vendor.getFileName() + " where any UEFI firmware looks");
    }

    /** Adds the loader to the firmware's list. */
    private void enter(Part esp, Path place, Path vendor, Path loader) throws IOException {
        if (!uefi || !here) {
            return;
        }
        String name = String.valueOf(vendor.getFileName());
        String label = name.equalsIgnoreCase("Microsoft") ? "Windows Boot Manager" : name;
        try {
            Tools.run(
                    "efibootmgr",
                    "--create",
                    "--disk",
                    esp.disk().toString(),
                    "--part",
                    Integer.toString(esp.number()),
                    "--label",
                    label,
                    "--loader",
                    "\\" + place.relativize(loader).toString().replace('/', '\\'));
            told.did("Added " + label + " to the list of this machine's UEFI firmware");
        } catch (IOException e) {
            told.warning("the firmware did not take " + label + " into its list: " + e.getMessage()
                    + ". If the machine does not start from the disk, choose it in the firmware's menu");
        }
    }

    /** Names on FAT have no case. */
    private static Optional<Path> child(Path directory, String name) {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(each -> String.valueOf(each.getFileName()).equalsIgnoreCase(name))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static List<Path> directories(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
                    .filter(each -> !String.valueOf(each.getFileName()).equalsIgnoreCase("BOOT"))
                    .sorted()
                    .toList();
        }
    }
}
