package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.DiskTarget;
import dev.holdfast.agent.image.ImageFormat;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Moves a disk of a running machine to a file or a device, while the machine goes on: QEMU copies it, and what the machine writes meanwhile
 * goes to both. QEMU goes on if this process ends; the same request follows it again then.
 */
public final class DiskMove {
    /** Of QEMU's names, which have at most 31 characters. */
    private static final String PREFIX = "holdfast-move-";

    private static final int LOOK_MILLIS = 200;

    private final Qmp qmp;
    private final Request request;
    private final MachineDisk disk;
    private final String name;
    private final Watcher watcher;

    /**
     * What is moved where.
     *
     * @param monitor the socket of the machine's monitor
     * @param disk a name of it
     * @param target a file, which is made, or a block device
     * @param overwrite whether the target may have content
     */
    public record Request(Path monitor, String disk, Path target, ImageFormat format, boolean overwrite) {}

    /** Is told how far it is, in bytes. */
    public interface Watcher {
        void at(long done, long total);
    }

    /**
     * What was done.
     *
     * @param former where the disk was
     * @param released whether the machine has let go of that
     */
    public record Moved(String disk, String former, long bytes, boolean released) {}

    private DiskMove(Qmp qmp, Request request, MachineDisk disk, Watcher watcher) {
        this.qmp = qmp;
        this.request = request;
        this.disk = disk;
        this.watcher = watcher;
        CRC32 crc = new CRC32();
        crc.update(disk.qdev().getBytes(StandardCharsets.UTF_8));
        this.name = PREFIX + Long.toHexString(crc.getValue());
    }

    /**
     * Moves a disk; returns when the machine uses the target only.
     *
     * @throws IllegalArgumentException where the request cannot be carried out
     * @throws IOException where it failed: then the machine uses the disk it had
     */
    public static Moved run(Request request, Watcher watcher) throws IOException {
        if (request.format != ImageFormat.RAW && request.format != ImageFormat.QCOW2) {
            throw new IllegalArgumentException(
                    "a machine that runs can write raw and qcow2, not " + request.format.text());
        }
        try (Qmp qmp = Qmp.connect(request.monitor, Qmp.Limits.USUAL)) {
            Machine machine = Machine.of(qmp);
            MachineDisk disk = machine.choose(List.of(request.disk)).getFirst();
            if (disk.qdev().isEmpty()) {
                throw new IllegalArgumentException("no device of the machine uses the disk " + request.disk);
            }
            return new DiskMove(qmp, request, disk, watcher).run();
        }
    }

    private Moved run() throws IOException {
        boolean begun = qmp.job(name).isPresent();
        if (begun) {
            requireSameTarget();
        } else {
            if (disk.node().equals(name)) {
                throw new IllegalArgumentException(
                        "the disk " + request.disk + " was moved already, to " + disk.file());
            }
            begin();
        }
        try {
            follow();
        } catch (IOException e) {
            undo(begun);
            throw e;
        }
        return new Moved(
                disk.name(), disk.file(), disk.size(), qmp.attempt("blockdev-del", Map.of("node-name", disk.node())));
    }

    private void requireSameTarget() throws IOException {
        for (JsonNode each : qmp.execute("query-named-block-nodes", Map.of("flat", true))) {
            if (each.path("node-name").asText().equals(name)
                    && !each.path("file").asText().equals(request.target.toString())) {
                throw new IllegalArgumentException("the disk " + request.disk + " is being moved to "
                        + each.path("file").asText() + " already; give that as the target to follow it");
            }
        }
    }

    private void begin() throws IOException {
        boolean made = !Files.exists(request.target);
        DiskTarget.open(Platform.current(), request.target, request.format, disk.size(), request.overwrite, true)
                .close();
        boolean begun = false;
        try {
            boolean device = Files.readAttributes(request.target, BasicFileAttributes.class)
                    .isOther();
            if (!device) {
                Scratch.give(request.target, qmp.runner());
            }
            qmp.execute(
                    "blockdev-add",
                    Map.of(
                            "driver",
                            request.format.qemu(),
                            "node-name",
                            name,
                            "discard",
                            "unmap",
                            "file",
                            Map.of("driver", device ? "host_device" : "file", "filename", request.target.toString())));
            qmp.execute(
                    "blockdev-mirror",
                    Map.of(
                            "job-id",
                            name,
                            "device",
                            disk.node(),
                            "target",
                            name,
                            "sync",
                            "full",
                            "copy-mode",
                            // So that it comes to an end however fast the machine writes.
                            "write-blocking"));
            begun = true;
        } finally {
            if (!begun) {
                undo(!made);
            }
        }
    }

    /** Until the machine uses the target. */
    private void follow() throws IOException {
        @Nullable String error = null;
        for (Optional<JsonNode> job = qmp.job(name); job.isPresent(); job = qmp.job(name)) {
            watcher.at(
                    job.get().path("current-progress").asLong(),
                    job.get().path("total-progress").asLong());
            if (job.get().hasNonNull("error")) {
                error = job.get().path("error").asText();
            }
            switch (job.get().path("status").asText()) {
                case "ready" -> qmp.attempt("job-complete", Map.of("id", name));
                case "concluded" -> qmp.attempt("job-dismiss", Map.of("id", name));
                default -> {}
            }
            pause();
        }
        boolean moved = Machine.disks(qmp).stream()
                .anyMatch(each -> each.qdev().equals(disk.qdev()) && each.node().equals(name));
        if (!moved) {
            throw new IOException("the machine did not move the disk " + request.disk
                    + (error == null ? "; was the job canceled, or is the target full?" : ": " + error)
                    + "; the machine goes on with the disk it had");
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted; QEMU goes on, and the same command follows it again");
        }
    }

    /** Takes the target from the machine again. */
    private void undo(boolean keepFile) {
        try {
            qmp.attempt("job-cancel", Map.of("id", name, "force", true));
            while (qmp.job(name).isPresent()) {
                qmp.attempt("job-dismiss", Map.of("id", name));
                pause();
            }
            boolean free = qmp.attempt("blockdev-del", Map.of("node-name", name));
            if (free && !keepFile) {
                Files.deleteIfExists(request.target);
            }
        } catch (IOException e) {
            System.getLogger(DiskMove.class.getName())
                    .log(System.Logger.Level.DEBUG, "a move of a disk could not be undone", e);
        }
    }
}
