package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Btrfs;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Mounts;
import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Snapshots of subvolumes. Those that lie in a subvolume are not in its snapshot, so that each gets its own, after it: what comes into
 * being meanwhile is in both, or in neither.
 */
final class BtrfsWay implements Way {
    private final Survey survey;
    /** By the device number of the subvolume. */
    private final Map<Long, Taken> taken = new HashMap<>();

    /** What is read: a snapshot, or what nothing changes. */
    private record Taken(TreePath path, Devices devices) {}

    BtrfsWay(Survey survey) {
        this.survey = survey;
    }

    @Override
    public boolean isOf(String type) {
        return type.equals("btrfs");
    }

    @Override
    public void take(List<Survey.FileSystem> fileSystems, Taking taking) throws IOException {
        for (Survey.FileSystem each : fileSystems) {
            try {
                TreePath directory = place(each.mount(), taking);
                for (TreePath start : each.starts()) {
                    new Tree(each.mount(), start, directory, taking).take();
                }
            } catch (IOException e) {
                taking.refuse(each, e);
            }
        }
    }

    /** A directory of the same file system that nobody looks into, if there is one. */
    private static TreePath place(Mounts.Mount mount, Taking taking) throws IOException {
        TreePath own = Mounted.tree(taking.record().directory());
        try {
            if (Btrfs.fileSystem(own).equals(Btrfs.fileSystem(mount.point()))) {
                return own;
            }
        } catch (IOException e) {
            // The state directory is on another kind of file system.
        }
        return mount.point();
    }

    /** The subvolume in which the walk begins, and those below that it comes to. */
    private final class Tree {
        private final Mounts.Mount mount;
        private final TreePath start;
        private final TreePath directory;
        private final Taking taking;

        Tree(Mounts.Mount mount, TreePath start, TreePath directory, Taking taking) {
            this.mount = mount;
            this.start = start;
            this.directory = directory;
            this.taking = taking;
        }

        /** Leads to snapshots only once all are taken: those below are not in the one above. */
        void take() throws IOException {
            Map<TreePath, Taken> leads = new LinkedHashMap<>();
            TreePath top = start;
            while (!Btrfs.isSubvolume(survey.stat(top)) || !survey.isOn(mount, top)) {
                if (top.equals(mount.point())) {
                    // The rest of the subvolume is nowhere to be seen.
                    throw new PhrasedException(Phrase.of("client.snapshot-of-part"));
                }
                top = top.parent();
            }
            List<TreePath> left = new ArrayList<>(List.of(top));
            while (!left.isEmpty()) {
                TreePath subvolume = left.removeLast();
                leads.put(subvolume, taken(subvolume));
                for (TreePath child : Btrfs.children(subvolume)) {
                    if (isWalked(child)) {
                        left.add(child);
                    } else if (child.startsWith(start) && isThere(child)) {
                        leads.put(child, new Taken(child, Devices.SAME));
                    }
                }
            }
            leads.forEach((place, to) -> taking.view().put(place, to.path, true, to.devices));
        }

        private boolean isWalked(TreePath child) throws IOException {
            return child.startsWith(start) && isThere(child) && survey.isWalked(start, child);
        }

        private boolean isThere(TreePath child) throws IOException {
            if (!survey.isOn(mount, child)) {
                return false;
            }
            try {
                Stat stat = survey.stat(child);
                return Btrfs.isSubvolume(stat) && !SnapshotName.isOf(child.name(), stat);
            } catch (IOException e) {
                // Deleted or moved meanwhile.
                return false;
            }
        }

        private Taken taken(TreePath subvolume) throws IOException {
            long live = survey.stat(subvolume).device();
            Taken before = taken.get(live);
            if (before != null) {
                return before;
            }
            if (Btrfs.readOnly(subvolume)) {
                // Nothing changes in it.
                return new Taken(subvolume, Devices.SAME);
            }
            Taken snapshot = snapshot(subvolume, live);
            taken.put(live, snapshot);
            return snapshot;
        }

        private Taken snapshot(TreePath subvolume, long live) throws IOException {
            SnapshotName name = taking.record().nextName();
            TreePath path = directory.child(name.hidden().getBytes(StandardCharsets.US_ASCII));
            taking.record().note(new BtrfsSnapshot(name, path));
            ModificationTime time = ModificationTime.of(directory);
            Btrfs.snapshot(subvolume, path);
            time.restoreWith(path.name());
            try (Directory made = taking.live().open(View.absolute(path))) {
                return new Taken(path, new Devices(made.stat().device(), live));
            }
        }
    }
}
