package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.agent.image.Command;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A snapshot of a data set of ZFS. */
record ZfsSnapshot(SnapshotName name, String dataSet) implements Made {
    static final String KIND = "zfs";

    private static final Pattern DATA_SET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.:/ -]{0,254}");

    static boolean isDataSet(String text) {
        return DATA_SET.matcher(text).matches();
    }

    static @Nullable ZfsSnapshot of(Map<String, String> fields) {
        SnapshotName name = Made.name(fields.getOrDefault("snapshot", ""));
        String dataSet = fields.getOrDefault("dataset", "");
        return name == null || !isDataSet(dataSet) ? null : new ZfsSnapshot(name, dataSet);
    }

    @Override
    public Map<String, String> fields() {
        return Map.of("kind", KIND, "snapshot", name.text(), "dataset", dataSet);
    }

    @Override
    public String told() {
        return "ZFS snapshot " + path();
    }

    /** As the tools of ZFS name it; with the @, without which it would be the data set. */
    String path() {
        return dataSet + "@" + name.text();
    }

    @Override
    public void remove() throws IOException {
        Tool zfs = Tool.find("zfs");
        Command.Result found = zfs.tried("list", "-H", "-t", "snapshot", "-o", "name", path());
        if (found.code() == 0 && found.output().strip().equals(path())) {
            zfs.run("destroy", path());
        } else if (!found.output().contains("does not exist")) {
            throw new IOException(found.output().strip());
        }
    }
}
