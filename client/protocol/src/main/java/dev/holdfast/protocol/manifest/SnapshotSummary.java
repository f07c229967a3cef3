package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a snapshot is, as its client describes it; the last frame of a manifest file.
 *
 * @param host the machine's own name
 * @param software the release that wrote it
 * @param started when the walk began, ms since 1970; change detection distrusts files newer than this
 * @param finished when the last record was written, ms since 1970
 * @param sources the paths that were asked for; the pair of sources and node identifies a series of snapshots
 * @param excludes the patterns left out
 * @param report the pages of the fidelity report
 * @param tags words by which users tell snapshots apart
 * @param mounts the file systems that the sources lay on, where the client could tell
 */
public record SnapshotSummary(
        String host,
        String software,
        long started,
        long finished,
        List<TreePath> sources,
        List<String> excludes,
        Counts counts,
        List<Digest> report,
        List<String> tags,
        List<SourceMount> mounts) {

    /** Without tags and mounts. A description has the lowest version that holds what it says. */
    private static final int VERSION = 1;

    private static final int TAGGED = 2;
    private static final int MOUNTED = 3;
    private static final int MAX_TAGS = 100;
    private static final int MAX_MOUNTS = 4096;
    private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._:=@+-]{0,99}");

    /** Without tags and mounts. */
    public SnapshotSummary(
            String host,
            String software,
            long started,
            long finished,
            List<TreePath> sources,
            List<String> excludes,
            Counts counts,
            List<Digest> report) {
        this(host, software, started, finished, sources, excludes, counts, report, List.of(), List.of());
    }

    /** @throws IllegalArgumentException where it can be no tag */
    public static void requireTag(String tag) {
        if (!TAG.matcher(tag).matches()) {
            throw new PhrasedArgumentException(Phrase.of("name.snapshot-tag").with("tag", tag));
        }
    }
    /** Also the most exclude patterns. */
    public static final int MAX_SOURCES = 4096;

    private static final int MAX_TEXT_BYTES = 4096;
    private static final int MAX_REPORT_PAGES = 1 << 16;

    /**
     * @param bytes content of all regular files, hard links counted once, holes included
     * @param reused files taken over from the previous snapshot without opening them
     * @param sentChunks chunks that the appliance did not know and was sent
     * @param sentBytes their length before compression
     * @param wireBytes their length as sent
     * @param problems lines of the fidelity report
     */
    public record Counts(
            long files,
            long directories,
            long others,
            long bytes,
            long reused,
            long sentChunks,
            long sentBytes,
            long wireBytes,
            long problems) {
        /** Whether there is any content of files. */
        public boolean hasData() {
            return files > 0 && bytes > 0;
        }
    }

    /** What readers of a protocol version understand of it: before version 2 no tags, before version 3 no mounts. */
    public SnapshotSummary forProtocol(int version) {
        List<String> known = version < TAGGED ? List.of() : tags;
        List<SourceMount> told = version < MOUNTED ? List.of() : mounts;
        return new SnapshotSummary(host, software, started, finished, sources, excludes, counts, report, known, told);
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter(512);
        int version = !mounts.isEmpty() ? MOUNTED : !tags.isEmpty() ? TAGGED : VERSION;
        out.u8(version).string(host).string(software).varint(started).varint(finished);
        out.varint(sources.size());
        sources.forEach(source -> out.bytes(source.toBytes()));
        out.varint(excludes.size());
        excludes.forEach(out::string);
        out.varint(counts.files)
                .varint(counts.directories)
                .varint(counts.others)
                .varint(counts.bytes);
        out.varint(counts.reused)
                .varint(counts.sentChunks)
                .varint(counts.sentBytes)
                .varint(counts.wireBytes);
        out.varint(counts.problems).varint(report.size());
        report.forEach(digest -> digest.write(out));
        if (version >= TAGGED) {
            out.varint(tags.size());
            tags.forEach(out::string);
        }
        if (version >= MOUNTED) {
            out.varint(mounts.size());
            mounts.forEach(mount -> mount.write(out));
        }
        return out.toByteArray();
    }

    public static SnapshotSummary parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        int version = in.u8();
        FormatException.requireVersion("snapshot summary", version, MOUNTED);
        String host = in.string(MAX_TEXT_BYTES, "host");
        String software = in.string(MAX_TEXT_BYTES, "software");
        long started = in.varint();
        long finished = in.varint();
        List<TreePath> sources = new ArrayList<>();
        for (int n = in.varint(MAX_SOURCES, "source count"); n > 0; n--) {
            sources.add(TreePath.of(in.bytes(TreePath.MAX_BYTES, "source")));
        }
        List<String> excludes = new ArrayList<>();
        for (int n = in.varint(MAX_SOURCES, "exclude count"); n > 0; n--) {
            excludes.add(in.string(MAX_TEXT_BYTES, "exclude"));
        }
        Counts counts = new Counts(
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint());
        List<Digest> report = new ArrayList<>();
        for (int n = in.varint(MAX_REPORT_PAGES, "report page count"); n > 0; n--) {
            report.add(Digest.read(in));
        }
        List<String> tags = new ArrayList<>();
        for (int n = version >= TAGGED ? in.varint(MAX_TAGS, "tag count") : 0; n > 0; n--) {
            tags.add(in.string(MAX_TEXT_BYTES, "tag"));
        }
        List<SourceMount> mounts = new ArrayList<>();
        for (int n = version >= MOUNTED ? in.varint(MAX_MOUNTS, "mount count") : 0; n > 0; n--) {
            mounts.add(SourceMount.read(in));
        }
        in.expectEnd("snapshot summary");
        return new SnapshotSummary(host, software, started, finished, sources, excludes, counts, report, tags, mounts);
    }
}
