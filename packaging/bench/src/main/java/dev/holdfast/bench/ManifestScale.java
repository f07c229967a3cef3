package dev.holdfast.bench;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.remote.LocalManifest;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * A manifest of many files, in directories of a thousand: the time and the memory that writing and reading it take. Run
 * it with BENCH_JAVA_OPTS=-Xmx256m, the client's heap, and with two numbers of files, to see that memory does not grow.
 */
public final class ManifestScale {
    private static final int PER_DIRECTORY = 1000;
    private static final int PER_BUNDLE = 20;

    private ManifestScale() {}

    public static void main(String[] arguments) throws Exception {
        int files = Integer.parseInt(arguments[0].replace("_", ""));
        Path directory = Path.of(arguments[1]);
        Files.createDirectories(directory);
        Path before = directory.resolve("before");
        Path after = directory.resolve("after");
        long began = System.nanoTime();
        write(before, files, 0);
        report("write", began, files);
        System.out.printf("  %.1f bytes a file%n", (double) Files.size(before) / files);
        write(after, files, 1000);
        try (LocalManifest manifest = LocalManifest.open(before, HashAlgorithm.NEWEST);
                LocalManifest changed = LocalManifest.open(after, HashAlgorithm.NEWEST)) {
            long listing = System.nanoTime();
            TreePath folder = TreePath.parse(folder(files / PER_DIRECTORY / 2));
            TreeCursor cursor = new TreeCursor(manifest);
            cursor.seek(folder);
            int listed = 0;
            while (cursor.nextWithin(folder) != null) {
                listed++;
            }
            System.out.printf("list one folder of %d: %.1f ms%n", listed - 1, (System.nanoTime() - listing) / 1e6);
            long finding = System.nanoTime();
            Excludes pattern = new Excludes(List.of("*77777.dat"));
            TreeCursor all = new TreeCursor(manifest);
            int found = 0;
            for (TreeCursor.Entry entry = all.next(); entry != null; entry = all.next()) {
                found += pattern.matches(entry.path(), false) ? 1 : 0;
            }
            report("find (" + found + " found)", finding, files);
            long comparing = System.nanoTime();
            int[] differences = new int[1];
            Contents.diff(manifest, changed, difference -> differences[0]++);
            report("diff (" + differences[0] + " differences)", comparing, files);
            long planning = System.nanoTime();
            report("plan (" + plan(manifest) + " windows)", planning, files);
        }
    }

    private static String folder(int number) {
        return String.format("/data/%05d", number);
    }

    private static void report(String what, long began, int files) throws IOException {
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(
                "%-26s %.1f s, %.2f us a file, RSS %d MiB, peak %d MiB%n",
                what,
                seconds,
                seconds * 1e6 / files,
                Figures.mebibytes(Figures.self(), "VmRSS"),
                Figures.mebibytes(Figures.self(), "VmHWM"));
    }

    private static Attributes attributes(long inode, long size, long mtime) {
        Timestamp time = new Timestamp(mtime, (int) (inode * 7919 % 1_000_000_000));
        return new Attributes(0644, 1000, 1000, time, time, inode, 0, 1, size, List.of());
    }

    /** @param every the share of files that differ, one in so many; 0 for none */
    private static void write(Path target, int files, int every) throws IOException {
        PageWriter writer = new PageWriter();
        try (LocalManifest.Writer out = new LocalManifest.Writer(target)) {
            PageWriter.Sink sink = (first, continuation, bytes, records) -> out.page(
                    new PageRef(first, continuation, HashAlgorithm.NEWEST.digest(bytes), bytes.length, records), bytes);
            writer.add(new Node.Directory("data".getBytes(StandardCharsets.US_ASCII), attributes(1, 0, 1)));
            Digest chunk = HashAlgorithm.NEWEST.digest(new byte[0]);
            for (int i = 0; i < files; i++) {
                if (i % PER_DIRECTORY == 0) {
                    byte[] name = String.format("%05d", i / PER_DIRECTORY).getBytes(StandardCharsets.US_ASCII);
                    writer.add(new Node.Directory(name, attributes(i, 0, 2)));
                }
                if (i % PER_BUNDLE == 0) {
                    chunk = HashAlgorithm.NEWEST.digest(
                            ByteBuffer.allocate(4).putInt(i).array());
                }
                boolean changed = every > 0 && i % every == 0;
                long size = 4000 + i % 9000;
                byte[] name = String.format("file-%08d.dat", i).getBytes(StandardCharsets.US_ASCII);
                Extent extent = new Extent(0, chunk, 200_000, i % PER_BUNDLE * 9000, (int) size);
                writer.add(new Node.RegularFile(
                        name,
                        attributes(i, size, changed ? 2_000_000_000 : 1_700_000_000),
                        new Content(List.of(extent), false, false, size)));
                if (i % PER_DIRECTORY == PER_DIRECTORY - 1) {
                    writer.add(new Node.Leave());
                }
                if (writer.full()) {
                    writer.take(sink);
                }
            }
            writer.add(new Node.Leave());
            writer.take(sink);
            out.commit(new UUID(1, every));
        }
    }

    /** Walks as a restore does: windows of entries, each with the distinct chunks that it needs. */
    private static int plan(LocalManifest manifest) throws IOException {
        int window = 16_384;
        int windows = 0;
        int entries = 0;
        Set<Digest> chunks = new HashSet<>();
        TreeCursor cursor = new TreeCursor(manifest);
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (entry.node() instanceof Node.RegularFile file) {
                file.content().extents().forEach(extent -> chunks.add(extent.chunk()));
            }
            if (++entries == window) {
                windows++;
                entries = 0;
                chunks.clear();
            }
        }
        return windows + 1;
    }
}
