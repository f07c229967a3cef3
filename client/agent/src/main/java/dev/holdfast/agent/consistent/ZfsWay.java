package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Snapshots of the data sets of ZFS: those of one pool in one moment. They are read below {@code .zfs/snapshot} of the data set. */
final class ZfsWay implements Way {
    @Override
    public boolean isOf(String type) {
        return type.equals("zfs");
    }

    @Override
    public void take(List<Survey.FileSystem> fileSystems, Taking taking) throws IOException {
        Map<String, List<Survey.FileSystem>> pools = new LinkedHashMap<>();
        for (Survey.FileSystem each : fileSystems) {
            TreePath root = each.mount().root();
            boolean whole = root != null && root.isRoot();
            if (whole && ZfsSnapshot.isDataSet(each.mount().source())) {
                pools.computeIfAbsent(each.mount().source().split("/", 2)[0], pool -> new ArrayList<>())
                        .add(each);
            } else {
                taking.refuse(each, new PhrasedException(Phrase.of("client.snapshot-of-part")));
            }
        }
        for (List<Survey.FileSystem> pool : pools.values()) {
            try {
                take(pool, taking, taking.record().nextName());
            } catch (IOException e) {
                for (Survey.FileSystem each : pool) {
                    taking.refuse(each, e);
                }
            }
        }
    }

    private static void take(List<Survey.FileSystem> pool, Taking taking, SnapshotName name) throws IOException {
        Tool zfs = Tool.find("zfs");
        List<String> arguments = new ArrayList<>(List.of("snapshot"));
        for (String dataSet :
                pool.stream().map(each -> each.mount().source()).distinct().toList()) {
            ZfsSnapshot snapshot = new ZfsSnapshot(name, dataSet);
            taking.record().note(snapshot);
            arguments.add(snapshot.path());
        }
        zfs.run(arguments.toArray(String[]::new));
        for (Survey.FileSystem each : pool) {
            TreePath path = each.mount().point();
            for (String below : List.of(".zfs", "snapshot", name.text())) {
                path = path.child(below.getBytes(StandardCharsets.US_ASCII));
            }
            // Opening it mounts it.
            try (Directory snapshot = taking.live().open(View.absolute(path))) {
                snapshot.names();
                taking.view()
                        .put(
                                each.mount().point(),
                                path,
                                true,
                                new Devices(
                                        snapshot.stat().device(), each.mount().device()));
            }
        }
    }
}
