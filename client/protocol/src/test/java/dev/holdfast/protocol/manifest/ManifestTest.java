package dev.holdfast.protocol.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees from printed seeds, written as pages and read back. */
class ManifestTest {
    private static final Digest CHUNK = HashAlgorithm.SHA_256.digest(new byte[] {1, 2, 3});

    /** Pages as a snapshot keeps them. */
    private static final class Written implements TreeCursor.Pages, PageWriter.Sink<RuntimeException> {
        final List<PageRef> refs = new ArrayList<>();
        final Map<Digest, byte[]> bytes = new HashMap<>();
        int loads;

        @Override
        public void page(TreePath first, boolean continuation, byte[] page, int records) {
            Digest digest = HashAlgorithm.SHA_256.digest(page);
            refs.add(new PageRef(first, continuation, digest, page.length, records));
            bytes.put(digest, page);
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
            loads++;
            byte[] page = bytes.get(ref.digest());
            if (page == null) {
                throw FormatException.corrupt("lost");
            }
            return Page.parse(page);
        }
    }

    private static Attributes attributes(long size, int links, List<Xattr> xattrs) {
        return new Attributes(
                0644,
                -2,
                1000,
                new Timestamp(-5, 999_999_999),
                new Timestamp(4_300_000_000L, 1),
                42,
                links > 1 ? 7 : 0,
                links,
                size,
                xattrs);
    }

    private static byte[] name(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Writes a random tree; returns all paths in order. */
    private static List<TreePath> write(Written written, long seed, int entries) {
        Random random = new Random(seed);
        PageWriter writer = new PageWriter();
        List<TreePath> paths = new ArrayList<>();
        fill(writer, written, random, TreePath.ROOT, entries, 0, paths);
        if (!writer.isEmpty()) {
            writer.take(written);
        }
        return paths;
    }

    private static void add(PageWriter writer, Written written, Node node) {
        writer.add(node);
        if (writer.full()) {
            writer.take(written);
        }
    }

    private static int fill(
            PageWriter writer,
            Written written,
            Random random,
            TreePath at,
            int budget,
            int depth,
            List<TreePath> paths) {
        TreeSet<String> names = new TreeSet<>();
        int wanted = Math.min(budget, 1 + random.nextInt(depth == 0 ? 400 : 60));
        while (names.size() < wanted) {
            names.add("n" + random.nextInt(1_000_000));
        }
        int left = budget;
        for (String text : names) {
            if (left <= 0) {
                break;
            }
            left--;
            byte[] name = name(text);
            TreePath path = at.child(name);
            paths.add(path);
            if (depth < 6 && random.nextInt(4) == 0) {
                add(writer, written, new Node.Directory(name, attributes(0, 1, List.of())));
                left = fill(writer, written, random, path, left, depth + 1, paths);
                add(writer, written, new Node.Leave());
            } else {
                Content whole = new Content(List.of(new Extent(0, CHUNK, 3, 0, 3)), false, false, 3);
                add(writer, written, new Node.RegularFile(name, attributes(3, 1, List.of()), whole));
            }
        }
        return left;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void treesComeBackInOrderAndCanBeSearched(long seed) throws IOException {
        Written written = new Written();
        List<TreePath> paths = write(written, seed, 20_000);
        assertThat(written.refs).hasSizeGreaterThan(3);
        assertThat(paths).isSorted();
        TreeCursor cursor = new TreeCursor(written);
        for (TreePath path : paths) {
            TreeCursor.Entry entry = cursor.next();
            assertThat(entry).isNotNull();
            assertThat(entry.path()).isEqualTo(path);
        }
        assertThat(cursor.next()).isNull();

        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            TreePath wanted = paths.get(random.nextInt(paths.size()));
            cursor.seek(wanted);
            TreeCursor.Entry entry = cursor.next();
            while (entry != null && entry.path().compareTo(wanted) < 0) {
                entry = cursor.next();
            }
            assertThat(entry).isNotNull();
            assertThat(entry.path()).isEqualTo(wanted);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6, 7})
    void oneDirectoryIsListedWithoutReadingAll(long seed) throws IOException {
        Written written = new Written();
        List<TreePath> paths = write(written, seed, 30_000);
        List<TreePath> top = paths.stream().filter(p -> p.parent().isRoot()).toList();
        written.loads = 0;
        TreeCursor cursor = new TreeCursor(written);
        List<TreePath> listed = new ArrayList<>();
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            listed.add(entry.path());
            if (entry.node() instanceof Node.Directory) {
                cursor.skipChildren(entry.path());
            }
        }
        assertThat(listed).isEqualTo(top);
    }

    @Test
    void aHugeDirectoryIsSkippedWithoutReadingItsPages() throws IOException {
        Written written = new Written();
        PageWriter writer = new PageWriter();
        add(writer, written, new Node.Directory(name("big"), attributes(0, 1, List.of())));
        for (int i = 0; i < 50_000; i++) {
            String text = String.format("file-%06d", i);
            add(writer, written, new Node.RegularFile(name(text), attributes(0, 1, List.of()), Content.EMPTY));
        }
        add(writer, written, new Node.Leave());
        add(writer, written, new Node.Directory(name("small"), attributes(0, 1, List.of())));
        add(writer, written, new Node.Leave());
        writer.take(written);
        assertThat(written.refs.size()).isGreaterThan(20);

        TreeCursor cursor = new TreeCursor(written);
        TreeCursor.Entry big = cursor.next();
        assertThat(big).isNotNull();
        cursor.skipChildren(big.path());
        TreeCursor.Entry small = cursor.next();
        assertThat(small).isNotNull();
        assertThat(small.path()).hasToString("/small");
        assertThat(written.loads).isLessThanOrEqualTo(3);
    }

    @Test
    void aFileOfManyPartsSpansPages() throws IOException {
        Written written = new Written();
        PageWriter writer = new PageWriter();
        List<Extent> all = new ArrayList<>();
        for (int part = 0; part < 60; part++) {
            List<Extent> extents = new ArrayList<>();
            for (int i = 0; i < 512; i++) {
                byte[] unique = name(part + "/" + i);
                extents.add(new Extent(i % 3, HashAlgorithm.SHA_256.digest(unique), 1 << 20, 0, 1 << 20));
            }
            all.addAll(extents);
            boolean last = part == 59;
            Content content = new Content(extents, !last, last, last ? 77 : 0);
            add(
                    writer,
                    written,
                    part == 0
                            ? new Node.RegularFile(name("huge"), attributes(1L << 40, 1, List.of()), content)
                            : new Node.More(content));
        }
        add(writer, written, new Node.RegularFile(name("next"), attributes(0, 1, List.of()), Content.EMPTY));
        writer.take(written);
        assertThat(written.refs.size()).isGreaterThan(3);
        assertThat(written.refs.get(1).continuation()).isTrue();

        TreeCursor cursor = new TreeCursor(written);
        List<Extent> read = new ArrayList<>();
        Content last = Content.EMPTY;
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            Content content = switch (entry.node()) {
                case Node.RegularFile file -> file.content();
                case Node.More more -> more.content();
                default -> Content.EMPTY;
            };
            if (entry.path().toString().equals("/huge")) {
                last = content;
            }
            read.addAll(content.extents());
        }
        assertThat(read).isEqualTo(all);
        assertThat(last.changed()).isTrue();
        assertThat(last.length()).isEqualTo(77);

        cursor.seek(TreePath.parse("/next"));
        TreeCursor.Entry entry = cursor.next();
        while (entry != null && entry.path().toString().equals("/huge")) {
            entry = cursor.next();
        }
        assertThat(entry).isNotNull();
        assertThat(entry.path()).hasToString("/next");
    }

    @Test
    void allAttributesSurvive() throws IOException {
        Written written = new Written();
        PageWriter writer = new PageWriter();
        List<Xattr> xattrs =
                List.of(new Xattr(name("user.a"), new byte[] {0, 1, 0}), new Xattr(name("user.b"), new byte[0]));
        List<Node> nodes = List.of(
                new Node.Special(name("a"), attributes(0, 3, xattrs), Node.Special.Type.BLOCK_DEVICE, 259, 1_000_000),
                new Node.Special(name("b"), attributes(0, 1, List.of()), Node.Special.Type.FIFO, 0, 0),
                new Node.Symlink(name("c"), attributes(0, 1, xattrs), new byte[] {(byte) 0xFF, '/', '.'}),
                new Node.HardLink(name("d"), attributes(9, 2, List.of())));
        nodes.forEach(writer::add);
        writer.take(written);
        Page page = written.load(written.refs.getFirst());
        assertThat(page.records()).usingRecursiveComparison().isEqualTo(nodes);
    }

    @Test
    void unchangedPartsOfATreeYieldTheSamePages() {
        Written before = new Written();
        Written after = new Written();
        for (Written target : List.of(before, after)) {
            PageWriter writer = new PageWriter();
            for (int i = 0; i < 20_000; i++) {
                if (target.equals(after) && i == 10_000) {
                    add(
                            writer,
                            target,
                            new Node.RegularFile(name("f0009999x"), attributes(0, 1, List.of()), Content.EMPTY));
                }
                String text = String.format("f%07d", i);
                add(writer, target, new Node.RegularFile(name(text), attributes(0, 1, List.of()), Content.EMPTY));
            }
            writer.take(target);
        }
        long shared =
                after.bytes.keySet().stream().filter(before.bytes::containsKey).count();
        assertThat(shared).isGreaterThanOrEqualTo(after.refs.size() - 3);
    }

    @Test
    void hostilePagesAreRefused() throws IOException {
        for (List<Node> nodes : List.<List<Node>>of(
                List.of(file("b"), file("a")),
                List.of(file("a"), file("a")),
                List.of(new Node.Leave()),
                List.of(new Node.Symlink(name("x"), attributes(0, 1, List.of()), name("/etc")), directory("x")))) {
            Written written = new Written();
            PageWriter writer = new PageWriter();
            nodes.forEach(writer::add);
            writer.take(written);
            TreeCursor cursor = new TreeCursor(written);
            assertThatThrownBy(() -> {
                        while (cursor.next() != null) {
                            assertThat(cursor).isNotNull();
                        }
                    })
                    .isInstanceOf(FormatException.class);
        }
    }

    private static Node file(String text) {
        return new Node.RegularFile(name(text), attributes(0, 1, List.of()), Content.EMPTY);
    }

    private static Node directory(String text) {
        return new Node.Directory(name(text), attributes(0, 1, List.of()));
    }

    /** Any bytes either parse or are refused as malformed; nothing else may happen. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void damagedPagesNeverDoAnythingElse(long seed) throws IOException {
        Written written = new Written();
        write(written, seed, 2_000);
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] page = written.bytes
                    .get(written.refs.get(random.nextInt(written.refs.size())).digest())
                    .clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                page[random.nextInt(Math.min(page.length, 4000))] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                Page.parse(page);
            } catch (FormatException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Test
    void damagedPagesCanBePassedOver() throws IOException {
        Written written = new Written();
        List<TreePath> paths = write(written, 21, 20_000);
        written.bytes.remove(written.refs.get(1).digest());
        List<PageRef> damaged = new ArrayList<>();
        TreeCursor cursor = new TreeCursor(written, (page, cause) -> damaged.add(page));
        List<TreePath> seen = new ArrayList<>();
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            seen.add(entry.path());
        }
        assertThat(damaged).containsExactly(written.refs.get(1));
        TreePath from = written.refs.get(1).first();
        TreePath to = written.refs.get(2).first();
        List<TreePath> expected = paths.stream()
                .filter(p -> p.compareTo(from) < 0 || p.compareTo(to) >= 0)
                .toList();
        assertThat(seen).isEqualTo(expected);
    }

    /** The format is a promise: this page was written by release 0.1.0. */
    @Test
    void goldenPageIsStillWrittenAndRead() throws IOException {
        PageWriter writer = new PageWriter();
        writer.add(directory("etc"));
        writer.add(new Node.RegularFile(
                name("hosts"),
                attributes(5, 1, List.of(new Xattr(name("user.k"), new byte[] {0}))),
                new Content(List.of(new Extent(2, CHUNK, 3, 0, 3)), false, false, 5)));
        writer.add(new Node.Leave());
        Written written = new Written();
        writer.take(written);
        byte[] page = written.bytes.get(written.refs.getFirst().digest());
        assertThat(HexFormat.of().formatHex(page)).isEqualTo(GOLDEN);
        assertThat(Page.parse(HexFormat.of().parseHex(GOLDEN)).records()).hasSize(3);
    }

    private static final String GOLDEN = "48465047010001039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb"
            + "8103030103657463a403feffffff0fe80709ff93ebdc0380ace68420012a0100000205686f737473a403feffffff0fe80709"
            + "ff93ebdc0380ace68420012a01050106757365722e6b010000010200000300";
}
