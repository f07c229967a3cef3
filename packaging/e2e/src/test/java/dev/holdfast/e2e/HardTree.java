package dev.holdfast.e2e;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A tree of everything that backups are known to get wrong. Needs root. */
final class HardTree {
    private static final int[] SIZES = {
        0, 1, 2, 4095, 4096, 4097, 65535, 65536, 65537, 131071, 131072, 262143, 262144, 262145, 524287, 524288, 524289,
        1048575, 1048576, 1048577, 2097151, 2097152, 2097153
    };
    static final int TINY_FILES = 4000;
    private final Random random = new Random(42);

    static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Attributes attributes(int mode, int uid, int gid, long seconds, int nanos, Xattr... xattrs) {
        Timestamp time = new Timestamp(seconds, nanos);
        return new Attributes(mode, uid, gid, time, time, 0, 0, 1, 0, List.of(xattrs));
    }

    private static Xattr xattr(String name, byte[] value) {
        return new Xattr(bytes(name), value);
    }

    private void file(Directory in, byte[] name, int size) throws IOException {
        byte[] content = new byte[size];
        random.nextBytes(content);
        try (Directory.FileHandle file = in.createFile(name)) {
            file.write(0, content, 0, size);
        }
    }

    void make(Path root) throws Exception {
        Files.createDirectories(root);
        try (Directory top = Platform.current().open(root.toString().getBytes(StandardCharsets.UTF_8))) {
            names(top);
            deep(top);
            sparse(top);
            links(top);
            specials(top);
            attributes(top);
            for (int size : SIZES) {
                file(top, bytes("size-" + size), size);
            }
            top.makeDirectory(bytes("tiny"));
            try (Directory tiny = top.openDirectory(bytes("tiny"))) {
                for (int i = 0; i < TINY_FILES; i++) {
                    file(tiny, bytes("t" + i), random.nextInt(200));
                }
            }
        }
        run(
                "setfacl",
                "-m",
                "u:1234:rw-,g:99:r--,m::rw-",
                root.resolve("attributes/acl").toString());
        run(
                "setfacl",
                "-d",
                "-m",
                "u:1234:rwx,o::---",
                root.resolve("attributes/acl-dir").toString());
        run(
                "setcap",
                "cap_net_raw,cap_net_bind_service+ep",
                root.resolve("attributes/capable").toString());
        run("chmod", "4711", root.resolve("attributes/suid").toString());
        run(
                "touch",
                "-d",
                "@-123456789.987654321",
                root.resolve("attributes/before-1970").toString());
    }

    private static void run(String... command) throws Exception {
        int code = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + code);
        }
    }

    private void names(Directory top) throws IOException {
        for (String name : List.of(
                "latin-\u00e9\u00ff",
                "new\nline",
                "back\\slash",
                "tab\t",
                " ",
                "-rf",
                "*",
                "\u0001\u001b[31m",
                "quote'\"")) {
            file(top, bytes(name), 100);
        }
        file(top, "ümläut-日本".getBytes(StandardCharsets.UTF_8), 100);
        file(top, bytes("x".repeat(255)), 100);
        file(top, bytes("\u00fe".repeat(255)), 100);
        top.makeDirectory(bytes("dir\u00ff\n"));
        try (Directory odd = top.openDirectory(bytes("dir\u00ff\n"))) {
            file(odd, bytes("inside"), 70_000);
        }
    }

    /** 40 names of 250 bytes: a path of 10,000 bytes, beyond PATH_MAX. */
    private void deep(Directory top) throws IOException {
        Directory at = top;
        for (int i = 0; i < 40; i++) {
            byte[] name = bytes("d" + "e".repeat(247) + String.format("%02d", i));
            at.makeDirectory(name);
            Directory next = at.openDirectory(name);
            file(next, bytes("f"), 10);
            if (i > 0) {
                at.close();
            }
            at = next;
        }
        file(at, bytes("large"), 300_000);
        at.close();
    }

    private void sparse(Directory top) throws IOException {
        long[][] holes = {
            {0, 10 << 20, 5000}, {4096, 1 << 20, 4096}, {1 << 20, 8 << 20, 0}, {0, 50_000, 0}, {0, 8192, 4096}
        };
        for (int i = 0; i < holes.length; i++) {
            try (Directory.FileHandle file = top.createFile(bytes("sparse-" + i))) {
                byte[] head = new byte[(int) holes[i][0]];
                byte[] tail = new byte[(int) holes[i][2]];
                random.nextBytes(head);
                random.nextBytes(tail);
                file.write(0, head, 0, head.length);
                file.write(holes[i][0] + holes[i][1], tail, 0, tail.length);
                file.truncate(head.length + holes[i][1] + tail.length);
            }
        }
        try (Directory.FileHandle file = top.createFile(bytes("terabyte-of-nothing"))) {
            file.truncate(1L << 40);
            file.write(1L << 39, new byte[] {1}, 0, 1);
        }
        try (Directory.FileHandle file = top.createFile(bytes("zeros"))) {
            file.write(0, new byte[3 << 20], 0, 3 << 20);
        }
    }

    private void links(Directory top) throws IOException {
        top.makeDirectory(bytes("links"));
        top.makeDirectory(bytes("a-first"));
        try (Directory links = top.openDirectory(bytes("links"));
                Directory first = top.openDirectory(bytes("a-first"))) {
            file(links, bytes("one"), 1000);
            links.link(bytes("one"), links, bytes("two"));
            links.link(bytes("one"), first, bytes("in-another-directory"));
            file(links, bytes("big"), 400_000);
            links.link(bytes("big"), first, bytes("big-too"));
            links.makeSymlink(bytes("dangling"), bytes("/nowhere/\u00ff"));
            links.makeSymlink(bytes("long"), bytes("t".repeat(4000)));
            links.link(bytes("dangling"), links, bytes("dangling-too"));
            links.makeSymlink(bytes("up"), bytes(".."));
        }
    }

    private void specials(Directory top) throws IOException {
        top.makeDirectory(bytes("special"));
        try (Directory special = top.openDirectory(bytes("special"))) {
            special.makeSpecial(bytes("fifo"), Node.Special.Type.FIFO, 0, 0);
            special.makeSpecial(bytes("char"), Node.Special.Type.CHARACTER_DEVICE, 1, 3);
            special.makeSpecial(bytes("block"), Node.Special.Type.BLOCK_DEVICE, 259, 70_000);
            special.link(bytes("fifo"), special, bytes("fifo-too"));
        }
    }

    private void attributes(Directory top) throws IOException {
        byte[] nuls = {0, 1, 0, (byte) 0xFF};
        top.makeDirectory(bytes("attributes"));
        try (Directory in = top.openDirectory(bytes("attributes"))) {
            for (String name : List.of("acl", "capable", "suid", "before-1970", "in-2106", "owned", "locked")) {
                file(in, bytes(name), 10);
            }
            for (String name : List.of("acl-dir", "sticky", "closed")) {
                in.makeDirectory(bytes(name));
            }
            in.makeSymlink(bytes("link"), bytes("acl"));
            apply(in, "in-2106", Stat.Type.FILE, attributes(0600, 0, 0, 4_300_000_000L, 1, xattr("user.nul", nuls)));
            apply(
                    in,
                    "owned",
                    Stat.Type.FILE,
                    attributes(02755, -2, 65533, 1, 999_999_999, xattr("user.empty", new byte[0])));
            apply(in, "locked", Stat.Type.FILE, attributes(0, 7, 7, 0, 0, xattr("trusted.x", new byte[2000])));
            apply(in, "sticky", Stat.Type.DIRECTORY, attributes(03777, 5, 6, 12345, 6789, xattr("user.dir", nuls)));
            apply(in, "closed", Stat.Type.DIRECTORY, attributes(0, 0, 0, 99, 0));
            apply(in, "link", Stat.Type.SYMLINK, attributes(0777, 11, 12, 13, 14, xattr("trusted.link", nuls)));
        }
    }

    private static void apply(Directory in, String name, Stat.Type type, Attributes attributes) throws IOException {
        List<String> lost = in.apply(bytes(name), type, attributes);
        if (!lost.isEmpty()) {
            throw new IOException(name + ": " + lost);
        }
    }

    /** A few changes of every kind, for an incremental backup. */
    void change(Path root) throws Exception {
        try (Directory top = Platform.current().open(root.toString().getBytes(StandardCharsets.UTF_8))) {
            file(top, bytes("new-file"), 5000);
            top.remove(bytes("size-4096"), false);
            top.rename(bytes("size-1"), bytes("renamed-1"));
            try (Directory.FileHandle file = top.openForUpdate(bytes("size-2097153"))) {
                file.write(1_000_000, new byte[] {77}, 0, 1);
            }
            try (Directory tiny = top.openDirectory(bytes("tiny"));
                    Directory links = top.openDirectory(bytes("links"))) {
                for (int i = 0; i < TINY_FILES; i += 100) {
                    tiny.remove(bytes("t" + i), false);
                    file(tiny, bytes("t" + i), 100);
                }
                links.remove(bytes("two"), false);
            }
        }
        run("chmod", "600", root.resolve("size-65536").toString());
    }
}
