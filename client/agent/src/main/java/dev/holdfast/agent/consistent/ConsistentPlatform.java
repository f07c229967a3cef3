package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.BlockFile;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** This machine's files and disks, in the state of the snapshots that were taken. */
final class ConsistentPlatform implements Platform {
    private final Platform live;
    private final View view;
    private final long moment;
    private final List<Way> ways;
    private final Map<Path, Path> disks = new HashMap<>();

    /** @param moment before the first snapshot was taken, ms since 1970 */
    ConsistentPlatform(Platform live, View view, long moment, List<Way> ways) {
        this.live = live;
        this.view = view;
        this.moment = moment;
        this.ways = ways;
    }

    /** Has a disk read from a snapshot. */
    void put(Path disk, Path snapshot) {
        disks.put(disk, snapshot);
    }

    @Override
    public Directory openRoot() throws IOException {
        return view.root();
    }

    @Override
    public long moment() {
        return moment;
    }

    @Override
    public void requireIntact() throws IOException {
        view.requireOpen();
        for (Way each : ways) {
            each.requireIntact();
        }
    }

    @Override
    public Path blocks(Path device) {
        return disks.getOrDefault(device, device);
    }

    @Override
    public BlockFile openBlocks(Path path, boolean update) throws IOException {
        return live.openBlocks(update ? path : blocks(path), update);
    }

    @Override
    public Directory open(byte[] path) throws IOException {
        return live.open(path);
    }

    @Override
    public byte[] resolve(byte[] path) throws IOException {
        return live.resolve(path);
    }

    @Override
    public List<SourceMount> mounts(List<TreePath> sources, List<TreePath> links) {
        return live.mounts(sources, links);
    }

    @Override
    public boolean privileged() {
        return live.privileged();
    }

    @Override
    public boolean owns(Stat file) {
        return live.owns(file);
    }

    @Override
    public boolean yieldToOthers() {
        return live.yieldToOthers();
    }
}
