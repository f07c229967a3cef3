package dev.holdfast.agent.mount;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Selector;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How to mount.
 *
 * @param others whether other users may enter
 * @param cacheBytes memory for content that was read
 * @param patience how long who reads waits for the appliance to come back, before the read fails
 * @param tell takes lines for people
 */
public record Mounting(MountPoint point, boolean others, long cacheBytes, Duration patience, Consumer<String> tell) {

    /** Connects to the appliance again. */
    public interface Opener {
        Appliance connect() throws IOException;
    }

    /** Mounts all snapshots that a selector selects, each as a directory. */
    public Mount all(Appliance appliance, Opener opener, Selector selector) throws IOException, InterruptedException {
        Session session = session(appliance, opener, "list on " + point);
        SnapshotList list = new SnapshotList(session, selector);
        list.get();
        return start(session, MountedTree.of(session, list));
    }

    /** Mounts a directory of one snapshot. */
    public Mount one(Appliance appliance, Opener opener, Appliance.Listed snapshot, TreePath directory)
            throws IOException, InterruptedException {
        Session session = session(appliance, opener, directory + " on " + point);
        Timestamp time = FileStatus.time(snapshot.committed());
        return start(session, MountedTree.of(session, snapshot.id(), directory, time));
    }

    private Session session(Appliance appliance, Opener opener, String detail) {
        return new Session(appliance, opener::connect, detail, patience, tell);
    }

    private Mount start(Session session, MountedTree tree) throws IOException, InterruptedException {
        ChunkCache chunks = new ChunkCache(session, cacheBytes);
        Requests requests = new Requests(tree, chunks, cacheBytes, others, tell);
        return Mount.start(point.bytes(), others, requests, tell);
    }
}
