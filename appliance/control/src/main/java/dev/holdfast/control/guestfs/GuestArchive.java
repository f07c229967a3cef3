package dev.holdfast.control.guestfs;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * Files of a file system as one tar archive, with owners, modes, times in seconds, and links, without devices and pipes. The machine's own archives are
 * unpacked and written anew, under names that go down only: the machine may be under the control of what it reads.
 */
final class GuestArchive {
    private static final int PIPE_BYTES = 1 << 20;

    private final ImageMachine machine;
    private final TarArchiveOutputStream tar;

    /** @param out is left open */
    GuestArchive(ImageMachine machine, OutputStream out) {
        this.machine = machine;
        tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
    }

    /** Writes files, and directories with all below them, each under its whole path: two of them may have the same last name. */
    void write(List<GuestFile> tops) throws IOException {
        for (GuestFile top : tops) {
            String name = top.path().names().stream().map(GuestArchive::text).collect(Collectors.joining("/"));
            if (top.isDirectory()) {
                directory(top, name);
            } else {
                file(top, name);
            }
        }
        tar.finish();
    }

    private void file(GuestFile top, String name) throws IOException {
        SnapshotTree.Entry entry = top.entry();
        TarArchiveEntry made = new TarArchiveEntry(name);
        made.setSize(top.size());
        made.setMode(entry.mode());
        made.setIds(entry.uid(), entry.gid());
        if (entry.modified() != null) {
            made.setLastModifiedTime(FileTime.from(entry.modified()));
        }
        tar.putArchiveEntry(made);
        machine.content(top, tar);
        tar.closeArchiveEntry();
    }

    private void directory(GuestFile top, String prefix) throws IOException {
        CompletableFuture<@Nullable IOException> sent = new CompletableFuture<>();
        @Nullable IOException broken = null;
        try (PipedInputStream in = new PipedInputStream(PIPE_BYTES)) {
            PipedOutputStream out = new PipedOutputStream(in);
            Thread.ofVirtual().name("guestfs-archive").start(() -> send(top.path(), out, sent));
            TarArchiveInputStream packed = new TarArchiveInputStream(in, StandardCharsets.ISO_8859_1.name());
            for (TarArchiveEntry entry = packed.getNextEntry(); entry != null; entry = packed.getNextEntry()) {
                copy(prefix, entry, packed);
            }
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            broken = e;
        }
        // The machine's thread ends now in any case: nobody reads the pipe any more.
        IOException failure = sent.join();
        if (failure instanceof GuestfsException) {
            throw failure;
        }
        if (broken != null) {
            throw broken;
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void send(TreePath directory, PipedOutputStream out, CompletableFuture<@Nullable IOException> sent) {
        try (out) {
            machine.tar(directory, out);
            sent.complete(null);
        } catch (IOException e) {
            sent.complete(e);
        } catch (RuntimeException e) {
            sent.complete(new IOException("an archive failed", e));
        }
    }

    private void copy(String prefix, TarArchiveEntry entry, TarArchiveInputStream packed) throws IOException {
        String name = name(prefix, entry.getName());
        boolean directory = entry.isDirectory();
        boolean special = entry.isBlockDevice() || entry.isCharacterDevice() || entry.isFIFO();
        if (name.isEmpty() || special) {
            return;
        }
        byte type = TarConstants.LF_NORMAL;
        if (entry.isSymbolicLink()) {
            type = TarConstants.LF_SYMLINK;
        } else if (entry.isLink()) {
            type = TarConstants.LF_LINK;
        } else if (directory) {
            type = TarConstants.LF_DIR;
        }
        TarArchiveEntry made = new TarArchiveEntry(directory ? name + "/" : name, type);
        if (entry.isSymbolicLink()) {
            made.setLinkName(text(entry.getLinkName().getBytes(StandardCharsets.ISO_8859_1)));
        } else if (entry.isLink()) {
            made.setLinkName(name(prefix, entry.getLinkName()));
        }
        made.setMode(entry.getMode());
        made.setUserId(entry.getLongUserId());
        made.setGroupId(entry.getLongGroupId());
        made.setLastModifiedTime(entry.getLastModifiedTime());
        boolean content = type == TarConstants.LF_NORMAL;
        made.setSize(content ? entry.getRealSize() : 0);
        tar.putArchiveEntry(made);
        if (content) {
            packed.transferTo(tar);
        }
        tar.closeArchiveEntry();
    }

    /** @param stored as the archive has it, each byte a character */
    private static String name(String prefix, String stored) throws IOException {
        StringBuilder name = new StringBuilder(prefix);
        for (String part : stored.split("/")) {
            if (part.isEmpty() || part.equals(".")) {
                continue;
            }
            byte[] bytes = part.getBytes(StandardCharsets.ISO_8859_1);
            TreePath.requireName(bytes);
            name.append(name.isEmpty() ? "" : "/").append(text(bytes));
        }
        return name.toString();
    }

    /** What is no UTF-8 is written out: two names must not become one. */
    private static String text(byte[] name) {
        String text = new String(name, StandardCharsets.UTF_8);
        return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), name) ? text : TreePath.escape(name);
    }
}
