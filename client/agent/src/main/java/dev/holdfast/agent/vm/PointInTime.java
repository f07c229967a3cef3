package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The content of several disks of a machine at one moment, while the machine goes on: before it overwrites a cluster, QEMU copies it to
 * a scratch file. An NBD server in the machine serves it. {@link Cleaning} ends it.
 */
final class PointInTime {
    /** Of bitmaps: the size of the blocks that are read. */
    static final long GRANULARITY = 256 << 10;

    private static final Set<String> ALIVE = Set.of("running", "paused", "ready", "standby");
    private static final long JOB_SECONDS = 60;

    private final Qmp qmp;
    private final String prefix;
    private final Journal journal;
    private final List<MachineDisk> disks;
    /** Those whose old bitmap counts. */
    private final Set<MachineDisk> counted;

    /**
     * @param prefix of all names in the machine
     * @param counted those among the disks whose old bitmap tells what changed
     */
    PointInTime(Qmp qmp, String prefix, Journal journal, List<MachineDisk> disks, Set<MachineDisk> counted) {
        this.qmp = qmp;
        this.prefix = prefix;
        this.journal = journal;
        this.disks = disks;
        this.counted = counted;
    }

    /** How the moment itself is surrounded. */
    interface Frame {
        void around(GuestAgent.Moment moment) throws IOException;
    }

    /** Makes it. If this fails, some of it may be there. */
    void make(Frame frame) throws IOException {
        Scratch.requireSpace(journal.scratch());
        for (int i = 0; i < disks.size(); i++) {
            scratchNode(i);
        }
        startServer();
        frame.around(() -> qmp.execute("transaction", Map.of("actions", actions())));
        for (int i = 0; i < disks.size(); i++) {
            qmp.execute(
                    "block-export-add",
                    Map.of(
                            "type",
                            "nbd",
                            "id",
                            prefix + "e" + i,
                            "node-name",
                            prefix + "n" + i,
                            "name",
                            export(i),
                            "writable",
                            false,
                            "bitmaps",
                            counts(i) ? List.of(old()) : List.of()));
        }
    }

    private boolean counts(int disk) {
        return counted.contains(disks.get(disk));
    }

    /** The bitmap that tells what changed. */
    private String old() {
        String old = journal.replaces();
        if (old == null) {
            throw new IllegalStateException("no bitmap counts");
        }
        return old;
    }

    String export(int disk) {
        return "disk-" + disk;
    }

    /** An empty file in front of the disk. */
    private void scratchNode(int disk) throws IOException {
        String file = prefix + "f" + disk;
        String path = journal.scratchFile(disk).toString();
        create(Map.of("driver", "file", "filename", path, "size", 0));
        qmp.execute("blockdev-add", Map.of("driver", "file", "node-name", file, "filename", path));
        MachineDisk source = disks.get(disk);
        create(Map.of("driver", "qcow2", "file", file, "size", source.size()));
        qmp.execute(
                "blockdev-add",
                Map.of("driver", "qcow2", "node-name", prefix + "n" + disk, "file", file, "backing", source.node()));
    }

    private void create(Map<String, ?> options) throws IOException {
        String job = prefix + "c";
        qmp.execute("blockdev-create", Map.of("job-id", job, "options", options));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(JOB_SECONDS);
        while (true) {
            Optional<JsonNode> made =
                    qmp.job(job).filter(each -> each.path("status").asText().equals("concluded"));
            if (made.isPresent()) {
                String error = made.get().path("error").asText();
                qmp.execute("job-dismiss", Map.of("id", job));
                if (!error.isEmpty()) {
                    throw new IOException("the machine cannot make a scratch file in " + journal.scratch() + ": "
                            + error + "; name a directory that it can write to with --scratch");
                }
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("the machine made no scratch file within " + JOB_SECONDS + " s");
            }
            Cleaning.pause();
        }
    }

    private void startServer() throws IOException {
        Map<String, ?> address =
                Map.of("type", "unix", "data", Map.of("path", journal.socket().toString()));
        try {
            qmp.execute("nbd-server-start", Map.of("addr", address));
        } catch (Qmp.RefusedException e) {
            throw new IOException(
                    "the machine's NBD server cannot be used: " + e.getMessage()
                            + "; if it already runs for another program, wait until that has ended, or stop it"
                            + " (nbd-server-stop)",
                    e);
        }
    }

    /**
     * In this order: a write that is under way when the new bitmaps begin is noted in them and in the old ones; from the backups on, no
     * disk is written to until all is done.
     */
    private List<Map<String, Object>> actions() {
        List<Map<String, Object>> actions = new ArrayList<>();
        for (MachineDisk each : disks) {
            actions.add(Cleaning.action(
                    "block-dirty-bitmap-add",
                    Map.of(
                            "node",
                            each.node(),
                            "name",
                            journal.bitmap(),
                            "granularity",
                            GRANULARITY,
                            "persistent",
                            each.storesBitmaps())));
        }
        for (int i = 0; i < disks.size(); i++) {
            actions.add(Cleaning.action(
                    "blockdev-backup",
                    Map.of(
                            "job-id",
                            prefix + "j" + i,
                            "filter-node-name",
                            prefix + "b" + i,
                            "device",
                            disks.get(i).node(),
                            "target",
                            prefix + "n" + i,
                            "sync",
                            "none")));
        }
        for (MachineDisk each : counted) {
            actions.add(Cleaning.action("block-dirty-bitmap-disable", Map.of("node", each.node(), "name", old())));
        }
        return actions;
    }

    /** @throws IOException where what was read since the last time may not be what the disks had at the moment */
    void check() throws IOException {
        Set<String> missing = new HashSet<>();
        for (int i = 0; i < disks.size(); i++) {
            missing.add(prefix + "j" + i);
        }
        for (JsonNode each : qmp.execute("query-jobs")) {
            if (ALIVE.contains(each.path("status").asText()) && !each.has("error")) {
                missing.remove(each.path("id").asText());
            }
        }
        if (!missing.isEmpty()) {
            throw new IOException("the machine does not keep the moment of the backup any more: somebody ended "
                    + String.join(", ", missing));
        }
    }
}
