package dev.holdfast.agent.machine;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The partition table of a disk, as sfdisk reads it.
 *
 * @param label {@code gpt} or {@code dos}
 * @param sectorBytes in which starts and sizes count
 */
record PartitionTable(Path disk, String label, int sectorBytes, List<Partition> partitions) {
    private static final Set<String> EXTENDED = Set.of("5", "f", "85");
    private static final Set<String> ESP = Set.of("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "ef");
    /** On a disk with an MBR, logical partitions have numbers from here on. */
    private static final int FIRST_LOGICAL = 5;

    /** @param type a GUID, or a number in hexadecimal digits; in lower case */
    record Partition(int number, long start, long size, String type, String uuid, boolean bootable) {
        long end() {
            return start + size;
        }
    }

    /** Empty where the disk has no such table. */
    static Optional<PartitionTable> read(Path disk) throws IOException {
        String label = Tools.probe(disk).getOrDefault("PTTYPE", "");
        if (!label.equals("gpt") && !label.equals("dos")) {
            return Optional.empty();
        }
        JsonNode table = Tools.json("sfdisk", "--json", disk.toString()).path("partitiontable");
        List<Partition> partitions = new ArrayList<>();
        for (JsonNode each : table.path("partitions")) {
            partitions.add(new Partition(
                    number(each.path("node").asText()),
                    each.path("start").asLong(),
                    each.path("size").asLong(),
                    each.path("type").asText().toLowerCase(Locale.ROOT),
                    each.path("uuid").asText().toLowerCase(Locale.ROOT),
                    each.path("bootable").asBoolean()));
        }
        partitions.sort(Comparator.comparingLong(Partition::start));
        return Optional.of(
                new PartitionTable(disk, label, table.path("sectorsize").asInt(512), List.copyOf(partitions)));
    }

    /** The digits behind the disk's name, and behind a p where that ends in a digit. */
    private static int number(String node) {
        int digits = node.length();
        while (digits > 0 && Character.isDigit(node.charAt(digits - 1))) {
            digits--;
        }
        return Integer.parseInt(node.substring(digits));
    }

    boolean gpt() {
        return label.equals("gpt");
    }

    boolean extended(Partition partition) {
        return !gpt() && EXTENDED.contains(partition.type);
    }

    boolean logical(Partition partition) {
        return !gpt() && partition.number >= FIRST_LOGICAL;
    }

    boolean esp(Partition partition) {
        return ESP.contains(partition.type);
    }

    Optional<Partition> container() {
        return partitions.stream().filter(this::extended).findFirst();
    }

    /** Those that hold something, in the order of the disk. */
    List<Partition> holding() {
        return partitions.stream().filter(each -> !extended(each)).toList();
    }

    /** Puts the second copy of a GPT at the end of the disk. */
    void useWholeDisk() throws IOException {
        if (gpt()) {
            Tools.run("sfdisk", "--no-reread", "--no-tell-kernel", "--relocate", "gpt-bak-std", disk.toString());
        }
    }

    /** Of a disk, what its table can name; a number of a sector in an MBR has 32 bits. */
    long mostBytes() {
        return gpt() ? Long.MAX_VALUE : (1L << 32) * sectorBytes;
    }

    /** Whether others get another number when this partition is deleted. */
    boolean renumbers(Partition partition) {
        return logical(partition) && partitions.stream().anyMatch(each -> each.number > partition.number);
    }

    /** For {@link #load}. */
    String dump() throws IOException {
        return Tools.printed("sfdisk", "--dump", disk.toString());
    }

    /** Makes the table what it was. */
    void load(String dump) throws IOException {
        Tools.fed(
                dump,
                "sfdisk",
                "--no-reread",
                "--no-tell-kernel",
                "--wipe",
                "never",
                "--wipe-partitions",
                "never",
                disk.toString());
    }

    /** Gives a partition that nothing follows all that is left. */
    void grow(Partition last) throws IOException {
        if (logical(last)) {
            change(container().orElseThrow().number, ", +");
        }
        change(last.number, ", +");
    }

    /** Changes or makes one partition, by a line of sfdisk's input. */
    void change(int number, String line) throws IOException {
        Tools.fed(
                line + "\n",
                "sfdisk",
                "--no-reread",
                "--no-tell-kernel",
                "--wipe-partitions",
                "never",
                "-N",
                Integer.toString(number),
                disk.toString());
    }

    void delete(int number) throws IOException {
        Tools.run("sfdisk", "--no-reread", "--no-tell-kernel", "--delete", disk.toString(), Integer.toString(number));
    }
}
