package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.agent.image.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of a logical volume.
 *
 * @param group of volumes, in which {@code name} is the snapshot's and {@code origin} that of what it is of
 * @param directory where its file system is mounted
 */
record LvmSnapshot(SnapshotName name, String group, String origin, Path directory) implements Made {
    static final String KIND = "lvm";
    /** Of {@code lvs} where there is no such volume. */
    private static final int NOT_THERE = 5;

    static @Nullable LvmSnapshot of(Map<String, String> fields) {
        SnapshotName name = Made.name(fields.getOrDefault("volume", ""));
        String group = fields.getOrDefault("group", "");
        String origin = fields.getOrDefault("origin", "");
        return name == null || !LvmVolume.isName(group) || !LvmVolume.isName(origin)
                ? null
                : new LvmSnapshot(name, group, origin, Path.of(fields.getOrDefault("directory", "")));
    }

    @Override
    public Map<String, String> fields() {
        return Map.of(
                "kind",
                KIND,
                "volume",
                name.text(),
                "group",
                group,
                "origin",
                origin,
                "directory",
                directory.toString());
    }

    @Override
    public String told() {
        return "LVM snapshot " + path();
    }

    /** As the tools of LVM name it. */
    String path() {
        return group + "/" + name.text();
    }

    @Override
    public void remove() throws IOException {
        if (Mounted.at(directory)) {
            Tool.find("umount").run(directory.toString());
        }
        Command.Result found =
                Tool.find("lvs").tried("--noheadings", "--nameprefixes", "--options", "lv_name,origin", path());
        if (found.code() == NOT_THERE) {
            return;
        }
        boolean own = LvmVolume.rows(found.output()).stream()
                .anyMatch(row -> name.text().equals(row.get("LV_NAME")) && origin.equals(row.get("ORIGIN")));
        if (found.code() != 0 || !own) {
            throw new IOException(
                    found.code() == 0
                            ? "it is no snapshot of " + origin
                            : found.output().strip());
        }
        Tool.find("lvremove").run("--yes", path());
    }
}
