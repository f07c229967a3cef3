package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A snapshot whose pages and chunks are in memory, so that restores can be tested without an appliance. */
final class MemorySnapshot implements TreeCursor.Pages, ChunkSource {
    static final Timestamp TIME = new Timestamp(1_700_000_000, 123_456_789);

    final UUID id;
    final int uid;
    final int gid;
    private final Map<Digest, byte[]> chunks = new HashMap<>();
    private final PageWriter writer = new PageWriter();
    private final List<PageRef> refs = new ArrayList<>();
    private final List<byte[]> pages = new ArrayList<>();
    private final List<TreePath> sources = new ArrayList<>();
    /** Chunks handed out so far. */
    int fetched;

    private boolean reversed;
    private @Nullable Random shuffled;

    /** @param like whose owner the entries have */
    MemorySnapshot(Directory like) throws IOException {
        this(like, UUID.randomUUID());
    }

    MemorySnapshot(Directory like, UUID id) throws IOException {
        this.id = id;
        this.uid = like.stat().uid();
        this.gid = like.stat().gid();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Chunks that must be thawed before they can be read. */
    java.util.function.Predicate<Digest> frozen = digest -> false;

    Attributes attributes(int mode, long size, Xattr... xattrs) {
        return new Attributes(mode, uid, gid, TIME, TIME, 1, 0, 1, size, List.of(xattrs));
    }

    private static Attributes linked(Attributes a, long inode, int links) {
        return new Attributes(a.mode(), a.uid(), a.gid(), a.mtime(), a.ctime(), inode, 1, links, a.size(), a.xattrs());
    }

    MemorySnapshot add(Node node) {
        writer.add(node);
        return this;
    }

    private Digest chunk(byte[] content) {
        Digest digest = HashAlgorithm.NEWEST.digest(content);
        chunks.put(digest, content);
        return digest;
    }

    private Content content(byte[]... parts) {
        List<Extent> extents = new ArrayList<>();
        long length = 0;
        for (byte[] part : parts) {
            extents.add(new Extent(0, chunk(part), part.length, 0, part.length));
            length += part.length;
        }
        return new Content(extents, false, false, length);
    }

    /** A file of one chunk a part. */
    MemorySnapshot file(String name, byte[]... parts) {
        Content content = content(parts);
        return add(new Node.RegularFile(bytes(name), attributes(0640, content.length()), content));
    }

    /** A file of which the first record has some of the parts; {@link #more} adds the others. */
    MemorySnapshot begun(String name, long size, byte[]... parts) {
        Content first = new Content(content(parts).extents(), true, false, 0);
        return add(new Node.RegularFile(bytes(name), attributes(0640, size), first));
    }

    MemorySnapshot more(long size, byte[]... parts) {
        return add(new Node.More(new Content(content(parts).extents(), false, false, size)));
    }

    MemorySnapshot file(String name, String content) {
        return file(name, bytes(content));
    }

    MemorySnapshot file(String name, Attributes attributes, String content) {
        byte[] all = bytes(content);
        Attributes a = attributes;
        Attributes sized = new Attributes(
                a.mode(),
                a.uid(),
                a.gid(),
                a.mtime(),
                a.ctime(),
                a.inode(),
                a.device(),
                a.links(),
                all.length,
                a.xattrs());
        return add(new Node.RegularFile(bytes(name), sized, content(all)));
    }

    /** A file that shares its chunk with others, as small ones do. */
    MemorySnapshot bundled(String name, String content) {
        byte[] all = bytes(content);
        byte[] bundle = bytes("something else before" + content + "and behind");
        Extent extent = new Extent(0, chunk(bundle), bundle.length, 21, all.length);
        return add(new Node.RegularFile(
                bytes(name), attributes(0640, all.length), new Content(List.of(extent), false, false, all.length)));
    }

    /** A file with a hole of so many bytes before its only part and another one behind it. */
    MemorySnapshot sparse(String name, int hole, byte[] part) {
        long length = 2L * hole + part.length;
        Extent extent = new Extent(hole, chunk(part), part.length, 0, part.length);
        return add(new Node.RegularFile(
                bytes(name), attributes(0640, length), new Content(List.of(extent), false, false, length)));
    }

    MemorySnapshot linkedFile(String name, long inode, int links, String content) {
        Content whole = content(bytes(content));
        return add(new Node.RegularFile(bytes(name), linked(attributes(0640, whole.length()), inode, links), whole));
    }

    MemorySnapshot linkedSymlink(String name, long inode, int links, String to) {
        return add(new Node.Symlink(bytes(name), linked(attributes(0777, 0), inode, links), bytes(to)));
    }

    MemorySnapshot link(String name, long inode, int links) {
        return add(new Node.HardLink(bytes(name), linked(attributes(0640, 0), inode, links)));
    }

    MemorySnapshot symlink(String name, String target) {
        return add(new Node.Symlink(bytes(name), attributes(0777, 0), bytes(target)));
    }

    MemorySnapshot directory(String name) {
        return add(new Node.Directory(bytes(name), attributes(0750, 0)));
    }

    MemorySnapshot leave() {
        return add(new Node.Leave());
    }

    /** A path that the backup was asked for. */
    MemorySnapshot source(String path) throws IOException {
        sources.add(TreePath.parse(path));
        return this;
    }

    private void seal() {
        if (!writer.isEmpty()) {
            writer.take((first, continuation, bytes, records) -> {
                refs.add(new PageRef(first, continuation, HashAlgorithm.NEWEST.digest(bytes), bytes.length, records));
                pages.add(bytes);
            });
        }
    }

    /** From now on the chunks are where a restore reads them in the opposite order. */
    void reverse() {
        reversed = true;
    }

    /** From now on the chunks are where a restore reads them in an order of its own, which follows from the seed. */
    void shuffle(long seed) {
        shuffled = new Random(seed);
    }

    /** Restores all of it. */
    RestoreStats restore(Directory target, RestoreOptions options, Restore.Reporter reporter) throws IOException {
        RestoreStats stats = new RestoreStats();
        restore(target, options, Confinement.NONE, stats, reporter);
        return stats;
    }

    void restore(
            Directory target,
            RestoreOptions options,
            Confinement confinement,
            RestoreStats stats,
            Restore.Reporter reporter)
            throws IOException {
        restore(this, target, options, confinement, stats, reporter);
    }

    /** Restores all of it, with chunks from somewhere else. */
    void restore(
            ChunkSource source, Directory target, RestoreOptions options, RestoreStats stats, Restore.Reporter reporter)
            throws IOException {
        restore(source, target, options, Confinement.NONE, stats, reporter);
    }

    private void restore(
            ChunkSource source,
            Directory target,
            RestoreOptions options,
            Confinement confinement,
            RestoreStats stats,
            Restore.Reporter reporter)
            throws IOException {
        seal();
        SnapshotSummary summary = new SnapshotSummary(
                "host",
                "test",
                0,
                0,
                sources,
                List.of(),
                new SnapshotSummary.Counts(0, 0, 0, 0, 0, 0, 0, 0, 0),
                List.of());
        new Restore(source, this, id, summary, target, options, confinement, stats, reporter).run(TreePath.ROOT, 0);
    }

    @Override
    public HashAlgorithm hash() {
        return HashAlgorithm.NEWEST;
    }

    @Override
    public int count() {
        return refs.size();
    }

    @Override
    public PageRef ref(int index) {
        return refs.get(index);
    }

    @Override
    public Page load(PageRef ref) throws IOException {
        return Page.parse(pages.get(refs.indexOf(ref)));
    }

    @Override
    public long[] places(List<Digest> digests) {
        long[] places = new long[digests.size()];
        Random random = shuffled;
        Arrays.setAll(places, i -> random != null ? random.nextInt(1 << 30) : reversed ? -i : i);
        return places;
    }

    @Override
    public CompletableFuture<Void> get(List<Digest> digests, Appliance.ChunkSink sink) {
        for (int i = 0; i < digests.size(); i++) {
            fetched++;
            if (frozen.test(digests.get(i))) {
                sink.frozen(i, "frozen");
                continue;
            }
            // The memory is used for something else as soon as it may be.
            byte[] copy = Objects.requireNonNull(chunks.get(digests.get(i))).clone();
            sink.chunk(i, Packed.raw(copy), () -> Arrays.fill(copy, (byte) 0xAA));
        }
        return CompletableFuture.completedFuture(null);
    }
}
