package dev.holdfast.agent.consistent;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A logical volume.
 *
 * @param thin whether it takes room from a pool, as its snapshots do then
 */
record LvmVolume(String group, String name, boolean thin) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}");
    private static final Pattern FIELD = Pattern.compile("LVM2_([A-Z_]+)='([^']*)'");

    /** Of a file system's device. */
    static LvmVolume of(long device) throws IOException {
        Path block = Path.of("/sys/dev/block/" + (device >>> 32) + ":" + (device & 0xFFFF_FFFFL));
        if (!Files.exists(block.resolve("dm/uuid"))
                || !read(block.resolve("dm/uuid")).startsWith("LVM-")) {
            throw new PhrasedException(Phrase.of("client.snapshot-no-volume"));
        }
        return look("/dev/mapper/" + read(block.resolve("dm/name")));
    }

    /** Of a disk, by any of its names. */
    static LvmVolume of(Path disk) throws IOException {
        Path name = disk.toRealPath().getFileName();
        Path block = Path.of("/sys/class/block").resolve(String.valueOf(name));
        if (!Files.exists(block.resolve("dm/uuid"))
                || !read(block.resolve("dm/uuid")).startsWith("LVM-")) {
            throw new PhrasedException(Phrase.of("client.snapshot-no-volume"));
        }
        return look("/dev/mapper/" + read(block.resolve("dm/name")));
    }

    /** The number of a disk's device, as {@link dev.holdfast.agent.fs.Mounts} has it. */
    static long number(Path disk) throws IOException {
        Path name = disk.toRealPath().getFileName();
        String[] number =
                read(Path.of("/sys/class/block").resolve(name + "/dev")).split(":");
        return Long.parseLong(number[0]) << 32 | Long.parseLong(number[1]);
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    }

    private static LvmVolume look(String device) throws IOException {
        String output =
                Tool.find("lvs").run("--noheadings", "--nameprefixes", "--options", "vg_name,lv_name,pool_lv", device);
        for (Map<String, String> row : rows(output)) {
            String group = row.getOrDefault("VG_NAME", "");
            String name = row.getOrDefault("LV_NAME", "");
            if (isName(group) && isName(name)) {
                return new LvmVolume(
                        group, name, !row.getOrDefault("POOL_LV", "").isEmpty());
            }
        }
        throw new PhrasedException(Phrase.of("client.snapshot-no-volume"));
    }

    /** As the tools of LVM name it. */
    String path() {
        return group + "/" + name;
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** What {@code lvs --nameprefixes} printed, among warnings that have no such fields. */
    static List<Map<String, String>> rows(String output) {
        List<Map<String, String>> rows = new ArrayList<>();
        for (String line : output.split("\n")) {
            Map<String, String> row = new HashMap<>();
            Matcher field = FIELD.matcher(line);
            while (field.find()) {
                row.put(field.group(1), field.group(2));
            }
            if (!row.isEmpty()) {
                rows.add(row);
            }
        }
        return rows;
    }
}
