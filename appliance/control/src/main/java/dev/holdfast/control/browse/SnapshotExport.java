package dev.holdfast.control.browse;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Parts of a snapshot as an archive: names, owners, modes, times, symlinks and hard links, holes as zeros. Every chunk is
 * rehashed on the way. A file that cannot be read is left out, and a text at the end names it. Memory is a page of the
 * manifest and a chunk. One thread's, for one archive.
 */
public final class SnapshotExport {
    /** A file up to this size is read once before it is begun in an archive; of a larger one, what is known counts. */
    private static final long MOST_READ_TWICE = 256L << 20;

    private final DamagedPaths known;
    private final FileContents contents;
    private final LeftOut leftOut = new LeftOut();
    private final SnapshotTree tree;
    /** The only file that is asked for: without it there is nothing to send. */
    private boolean single;

    private String reportName = LeftOut.NAME;
    private final LinkedFiles links;

    /** @param known what is known to be damaged */
    public SnapshotExport(Store store, SnapshotTree tree, DamagedPaths known) {
        this.tree = tree;
        this.known = known;
        this.contents = new FileContents(store, tree);
        this.links = new LinkedFiles(tree);
    }

    /** What the nodes below the chosen paths become. */
    private interface Visitor {
        void visit(TreeCursor cursor, String name, TreePath path, Node.Named node) throws IOException;
    }

    private void visit(List<TreePath> tops, Visitor visitor) throws IOException {
        int strip = common(tops);
        for (TreePath top : tops) {
            TreeCursor cursor = tree.cursorOverDamage((page, cause) -> leftOut.add(
                    page.first() + " and what follows it (file names are lost)", String.valueOf(cause.getMessage())));
            cursor.seek(top);
            for (TreeCursor.Entry entry = cursor.nextWithin(top); entry != null; entry = cursor.nextWithin(top)) {
                if (entry.node() instanceof Node.Named node) {
                    String name = name(entry.path(), strip);
                    if (name.equals(reportName)) {
                        reportName = "of-this-archive-" + reportName;
                    }
                    single = tops.size() == 1 && entry.path().equals(top);
                    visitor.visit(cursor, name, entry.path(), node);
                }
            }
        }
    }

    /** Whether a file is to be in the archive; notes it where it is not, since it cannot be read. */
    private boolean isReadable(TreePath path, TreePath contentPath, Node.RegularFile file) throws IOException {
        if (single) {
            // Whatever is wrong with it ends the download.
            return true;
        }
        String damage = file.attributes().size() <= MOST_READ_TWICE
                ? contents.damage(contentPath, file)
                : known.within(contentPath) ? "it is known to be damaged" : null;
        if (damage != null) {
            leftOut.add(path.toString(), damage);
        }
        return damage == null;
    }

    /** How many names stand above all of them. */
    private static int common(List<TreePath> paths) {
        List<byte[]> first = paths.getFirst().names();
        int common = Math.max(0, first.size() - 1);
        for (TreePath each : paths) {
            common = Math.min(common, Math.max(0, each.names().size() - 1));
            for (int i = 0; i < common; i++) {
                if (!Arrays.equals(first.get(i), each.names().get(i))) {
                    common = i;
                }
            }
        }
        return common;
    }

    /** Writes everything at and below {@code tops}, under their names from where they part. Leaves {@code out} open. */
    public void tar(List<TreePath> tops, OutputStream out) throws IOException {
        Map<LinkedFiles.Key, String> written = new HashMap<>();
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
        visit(tops, (cursor, name, path, node) -> {
            switch (node) {
                case Node.Directory directory -> header(tar, name + "/", directory.attributes(), 0, null);
                case Node.RegularFile file -> {
                    if (isReadable(path, path, file)) {
                        header(tar, name, file.attributes(), file.attributes().size(), null);
                        contents.write(cursor, file, tar);
                        tar.closeArchiveEntry();
                        if (file.attributes().links() > 1) {
                            written.put(LinkedFiles.key(file.attributes()), name);
                        }
                    }
                }
                case Node.HardLink link -> hardLink(tar, name, path, link, written);
                case Node.Symlink link -> {
                    TarArchiveEntry made = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
                    made.setLinkName(new String(link.target(), StandardCharsets.UTF_8));
                    put(tar, made, link.attributes());
                    tar.closeArchiveEntry();
                }
                // Devices and pipes mean nothing on another machine.
                case Node.Special special -> {}
            }
        });
        if (!leftOut.isEmpty()) {
            byte[] text = leftOut.text();
            TarArchiveEntry entry = new TarArchiveEntry(reportName);
            entry.setSize(text.length);
            tar.putArchiveEntry(entry);
            tar.write(text);
            tar.closeArchiveEntry();
        }
        tar.finish();
    }

    /** The same as a zip archive, which knows neither hard links nor owners: each name has its content. */
    public void zip(List<TreePath> tops, OutputStream out) throws IOException {
        ZipArchiveOutputStream zip = new ZipArchiveOutputStream(out);
        zip.setUseZip64(Zip64Mode.AsNeeded);
        visit(tops, (cursor, name, path, node) -> {
            switch (node) {
                case Node.Directory directory -> {
                    if (!name.isEmpty()) {
                        zip.putArchiveEntry(zipped(name + "/", directory.attributes(), UnixStat.DIR_FLAG));
                        zip.closeArchiveEntry();
                    }
                }
                case Node.RegularFile file -> {
                    if (isReadable(path, path, file)) {
                        zip.putArchiveEntry(zipped(name, file.attributes()));
                        contents.write(cursor, file, zip);
                        zip.closeArchiveEntry();
                    }
                }
                case Node.HardLink link -> {
                    LinkedFiles.Linked first = links.first(link);
                    if (isReadable(path, first.path(), first.file())) {
                        zip.putArchiveEntry(zipped(name, first.file().attributes()));
                        contents.write(first.cursor(), first.file(), zip);
                        zip.closeArchiveEntry();
                    }
                }
                case Node.Symlink link -> {
                    zip.putArchiveEntry(zipped(name, link.attributes(), UnixStat.LINK_FLAG));
                    zip.write(link.target());
                    zip.closeArchiveEntry();
                }
                case Node.Special special -> {}
            }
        });
        if (!leftOut.isEmpty()) {
            zip.putArchiveEntry(new ZipArchiveEntry(reportName));
            zip.write(leftOut.text());
            zip.closeArchiveEntry();
        }
        zip.finish();
    }

    private static ZipArchiveEntry zipped(String name, Attributes attributes) {
        ZipArchiveEntry entry = zipped(name, attributes, UnixStat.FILE_FLAG);
        // Else what is longer than 4 GiB could not be written.
        entry.setSize(attributes.size());
        return entry;
    }

    private static ZipArchiveEntry zipped(String name, Attributes attributes, int kind) {
        // To some programs a backslash parts names too, and would lead out of where they unpack.
        ZipArchiveEntry entry = new ZipArchiveEntry(name.replace("\\", "%5C"));
        entry.setUnixMode(kind | attributes.mode() & 07777);
        entry.setTime(attributes.mtime().seconds() * 1000);
        return entry;
    }

    private static String name(TreePath path, int strip) throws IOException {
        StringBuilder name = new StringBuilder();
        for (byte[] part : path.names()
                .subList(Math.min(strip, path.names().size()), path.names().size())) {
            // A path of an archive goes down only: names are checked when pages are read.
            String text = new String(part, StandardCharsets.UTF_8);
            // What is no UTF-8 is written out: two names must not become one.
            boolean exact = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), part);
            name.append(name.isEmpty() ? "" : "/").append(exact ? text : TreePath.escape(part));
        }
        return name.toString();
    }

    private static void header(
            TarArchiveOutputStream tar, String name, Attributes attributes, long size, @Nullable String link)
            throws IOException {
        TarArchiveEntry entry =
                link == null ? new TarArchiveEntry(name) : new TarArchiveEntry(name, TarConstants.LF_LINK);
        if (link != null) {
            entry.setLinkName(link);
        } else if (!entry.isDirectory()) {
            entry.setSize(size);
        }
        put(tar, entry, attributes);
        if (entry.isDirectory() || link != null) {
            tar.closeArchiveEntry();
        }
    }

    private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, Attributes attributes)
            throws IOException {
        entry.setMode(attributes.mode() & 07777);
        entry.setUserId(attributes.uid());
        entry.setGroupId(attributes.gid());
        entry.setLastModifiedTime(FileTime.from(Instant.ofEpochSecond(
                attributes.mtime().seconds(), attributes.mtime().nanos())));
        tar.putArchiveEntry(entry);
    }

    /** A further name of a file: of one in the archive a link, else its content once more. */
    private void hardLink(
            TarArchiveOutputStream tar,
            String name,
            TreePath path,
            Node.HardLink link,
            Map<LinkedFiles.Key, String> written)
            throws IOException {
        String first = written.get(LinkedFiles.key(link.attributes()));
        if (first != null) {
            header(tar, name, link.attributes(), 0, first);
            return;
        }
        LinkedFiles.Linked whole = links.first(link);
        if (!isReadable(path, whole.path(), whole.file())) {
            return;
        }
        header(tar, name, whole.file().attributes(), whole.file().attributes().size(), null);
        contents.write(whole.cursor(), whole.file(), tar);
        tar.closeArchiveEntry();
        written.put(LinkedFiles.key(link.attributes()), name);
    }
}
