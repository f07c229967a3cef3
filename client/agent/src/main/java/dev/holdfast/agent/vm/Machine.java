package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a running machine tells of itself.
 *
 * @param name empty where it has none
 * @param uuid zeros where it has none
 * @param version of QEMU
 * @param target the processor that it emulates, such as {@code x86_64}
 * @param uefi whether firmware for UEFI is in it
 * @param disks all, also those that are not backed up
 */
record Machine(String name, String uuid, String version, String target, boolean uefi, List<MachineDisk> disks) {
    private static final int MAX_NAME = 200;

    static Machine of(Qmp qmp) throws IOException {
        List<MachineDisk> disks = disks(qmp);
        JsonNode version = qmp.execute("query-version");
        JsonNode qemu = version.path("qemu");
        String number = qemu.path("major").asInt() + "." + qemu.path("minor").asInt() + "."
                + qemu.path("micro").asInt() + " " + version.path("package").asText();
        return new Machine(
                qmp.execute("query-name").path("name").asText(),
                qmp.execute("query-uuid").path("UUID").asText(MachineIdentity.NO_UUID),
                number.strip(),
                qmp.execute("query-target").path("arch").asText(),
                uefi(disks),
                disks);
    }

    /** As they are now. */
    static List<MachineDisk> disks(Qmp qmp) throws IOException {
        List<MachineDisk> disks = new ArrayList<>();
        for (JsonNode each : qmp.execute("query-block")) {
            MachineDisk.of(each).ifPresent(disks::add);
        }
        return disks;
    }

    /** What a person calls it. */
    String title() {
        return new MachineIdentity(uuid, name).title();
    }

    /** What no other machine has, as far as it tells. */
    String identity() {
        return uuid + "\n" + name;
    }

    /** Firmware for UEFI comes with a flash memory, which no machine has without. */
    private static boolean uefi(List<MachineDisk> disks) {
        return disks.stream()
                .anyMatch(each ->
                        each.device().startsWith("pflash") || each.qdev().contains("flash"));
    }

    /** Where a disk is in the snapshot. */
    TreePath path(MachineDisk disk) throws FormatException {
        String path = Disks.DIRECTORY + "/" + plain(title()) + "/" + plain(disk.name()) + ".raw";
        return TreePath.of(path.getBytes(StandardCharsets.UTF_8));
    }

    private static String plain(String text) {
        StringBuilder plain = new StringBuilder();
        text.codePoints()
                .limit(MAX_NAME / 4)
                .map(each -> Character.isLetterOrDigit(each) || "._-+@#".indexOf(each) >= 0 ? each : '_')
                .forEach(plain::appendCodePoint);
        // Neither . nor .. is a name.
        return plain.toString().replaceAll("^\\.*$", "_");
    }

    /**
     * The disks to back up, sorted by their paths in the snapshot.
     *
     * @param wanted their names; empty for all that are usual
     * @throws IllegalArgumentException where there is no such disk, or it cannot be backed up like this
     */
    List<MachineDisk> choose(List<String> wanted) throws FormatException {
        List<MachineDisk> found = wanted.isEmpty()
                ? disks.stream().filter(MachineDisk::usual).toList()
                : wanted.stream().map(this::find).toList();
        if (found.isEmpty() || found.size() > Disks.MAX_DISKS) {
            throw new IllegalArgumentException("the machine has " + found.size() + " disks that it can write to; 1 to "
                    + Disks.MAX_DISKS + " can be backed up" + known());
        }
        SortedMap<TreePath, MachineDisk> chosen = new TreeMap<>();
        for (MachineDisk each : found) {
            if (!Disks.isSize(each.size())) {
                throw new IllegalArgumentException(
                        "the disk " + each.name() + " has " + each.size() + " bytes; no disk has so many");
            }
            if (chosen.put(path(each), each) != null) {
                throw new IllegalArgumentException("the disk " + each.name() + " is given twice");
            }
        }
        return List.copyOf(chosen.values());
    }

    private MachineDisk find(String word) {
        MachineDisk found = disks.stream()
                .filter(each -> each.isCalled(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the machine has no disk " + word + known()));
        if (found.readOnly()) {
            throw new IllegalArgumentException(
                    "the machine cannot write to the disk " + word + "; back up its file with --image");
        }
        return found;
    }

    private String known() {
        return "; it has: "
                + String.join(", ", disks.stream().map(MachineDisk::name).toList());
    }
}
