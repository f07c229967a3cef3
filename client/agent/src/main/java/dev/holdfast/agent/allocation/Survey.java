package dev.holdfast.agent.allocation;

import dev.holdfast.agent.image.BlockSource;
import dev.holdfast.agent.image.Command;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Looks for what is free on one disk. Whatever is in doubt counts as used, and is told. */
final class Survey {
    private final Path disk;
    private final BlockSource blocks;
    private final Consumer<String> tell;
    private final FreeBlocks free = new FreeBlocks();
    private final List<Found> found = new ArrayList<>();

    /**
     * A file system whose free blocks are left out.
     *
     * @param leftOut bytes
     */
    record Found(Range range, FileSystem fileSystem, long leftOut) {}

    private Survey(Path disk, BlockSource blocks, Consumer<String> tell) {
        this.disk = disk;
        this.blocks = blocks;
        this.tell = tell;
    }

    /**
     * Looks.
     *
     * @param tell takes what is read in full, and why
     * @throws InterruptedIOException where the backup is to end
     */
    static Survey of(Path disk, BlockSource blocks, Consumer<String> tell) throws InterruptedIOException {
        Survey survey = new Survey(disk, blocks, tell);
        try {
            survey.look();
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            survey.tell.accept("it is read in full: " + e.getMessage());
        }
        return survey;
    }

    FreeBlocks free() {
        return free;
    }

    List<Found> found() {
        return found;
    }

    private void look() throws IOException {
        Optional<String> writers = blocks.writers();
        if (writers.isPresent()) {
            tell.accept("it is read in full, free space included: " + writers.get());
            return;
        }
        if (Files.readAttributes(disk, BasicFileAttributes.class).isOther()) {
            forget();
        }
        Range whole = new Range(0, blocks.size());
        List<FileSystem> outside = FileSystem.in(Bytes.of(blocks, whole, FileSystem.HEAD_BYTES));
        Optional<List<Range>> partitions =
                blocks.size() < FileSystem.HEAD_BYTES ? Optional.empty() : Partitions.of(disk, blocks.size());
        if (!outside.isEmpty() && partitions.filter(all -> !all.isEmpty()).isPresent()) {
            throw new IOException("it seems to have both a file system and partitions");
        }
        for (Range each : outside.isEmpty() ? partitions.orElse(List.of()) : List.of(whole)) {
            try {
                look(each);
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                tell.accept("what lies at byte " + each.start() + " is read in full: " + e.getMessage());
            }
        }
    }

    /** Lets the kernel forget what it read of the device before others wrote to partitions of it. */
    private void forget() throws IOException {
        Path program = Command.find("blockdev").orElseThrow(() -> new IOException("blockdev is not installed"));
        Command.Result result = Command.run(List.of(program.toString(), "--flushbufs", disk.toString()), 600);
        if (result.code() != 0) {
            throw new IOException("blockdev: " + result.output().strip());
        }
    }

    private void look(Range range) throws IOException {
        List<FileSystem> all = FileSystem.in(Bytes.of(blocks, range, FileSystem.HEAD_BYTES));
        if (all.isEmpty()) {
            return;
        }
        FileSystem fileSystem = all.getFirst();
        String name = fileSystem.kind().text;
        if (all.size() > 1) {
            throw new IOException(
                    "it seems to be " + name + " and " + all.get(1).kind().text);
        }
        if (fileSystem.bytes() <= 0 || fileSystem.bytes() > range.bytes()) {
            throw new IOException(name + " does not fit into its partition");
        }
        if (!fileSystem.doubts().isEmpty()) {
            throw new IOException(name + ", " + fileSystem.doubts().getFirst());
        }
        if (Command.find(fileSystem.kind().program).isEmpty()) {
            throw new IOException(fileSystem.kind().program + " (package partclone) is not installed");
        }
        FreeBlocks blank;
        try (Jail jail = Jail.over(disk, range)) {
            requireClean(jail, fileSystem.kind());
            blank = jail.run(
                            fileSystem.kind().program,
                            List.of("-D", "-q", "-s", jail.node(), "-o", "-", "-L", "/dev/null"),
                            log -> DomainLog.read(log, range, fileSystem))
                    .good();
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
        free.addAll(blank);
        found.add(new Found(range, fileSystem, blank.bytes()));
    }

    /**
     * What partclone does not look at: whether the file system is a remnant below something else, and what waits in its log to be put
     * in its place.
     */
    private static void requireClean(Jail jail, FileSystem.Kind kind) throws IOException {
        Signatures.requireOnly(jail, kind);
        switch (kind) {
            case XFS -> XfsLog.requireClean(jail);
            case NTFS -> NtfsState.requireClean(jail);
            case EXT, BTRFS, FAT -> {}
        }
    }
}
