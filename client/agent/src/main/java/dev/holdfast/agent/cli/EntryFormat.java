package dev.holdfast.agent.cli;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** How an entry of a snapshot is shown. */
final class EntryFormat {
    private EntryFormat() {}

    static void print(PrintWriter out, TreePath path, Node.Named node, boolean details, boolean json) {
        Attributes a = node.attributes();
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("path", path.toString());
            map.put("type", type(node));
            map.put("mode", String.format("%04o", a.mode()));
            map.put("uid", Integer.toUnsignedLong(a.uid()));
            map.put("gid", Integer.toUnsignedLong(a.gid()));
            map.put("size", size(node));
            map.put("mtime", time(a).toString());
            if (node instanceof Node.Symlink link) {
                map.put("target", TreePath.escape(link.target()));
            }
            Output.jsonLine(out, map);
        } else if (details) {
            out.printf(
                    "%c%s %6d %6d %12d %s %s%s%n",
                    letter(node),
                    permissions(a.mode()),
                    Integer.toUnsignedLong(a.uid()),
                    Integer.toUnsignedLong(a.gid()),
                    size(node),
                    Output.time(time(a)),
                    path,
                    node instanceof Node.Symlink link ? " -> " + TreePath.escape(link.target()) : "");
        } else {
            out.println(path + (node instanceof Node.Directory ? "/" : ""));
        }
    }

    static Instant time(Attributes a) {
        return Instant.ofEpochSecond(a.mtime().seconds(), a.mtime().nanos());
    }

    private static long size(Node.Named node) {
        return node.attributes().size();
    }

    private static String type(Node.Named node) {
        return switch (node) {
            case Node.Directory d -> "directory";
            case Node.RegularFile f -> "file";
            case Node.Symlink s -> "symlink";
            case Node.HardLink h -> "hardlink";
            case Node.Special s ->
                switch (s.type()) {
                    case FIFO -> "fifo";
                    case CHARACTER_DEVICE -> "chardev";
                    case BLOCK_DEVICE -> "blockdev";
                };
        };
    }

    private static char letter(Node.Named node) {
        return switch (node) {
            case Node.Directory d -> 'd';
            case Node.RegularFile f -> '-';
            case Node.Symlink s -> 'l';
            case Node.HardLink h -> 'h';
            case Node.Special s ->
                switch (s.type()) {
                    case FIFO -> 'p';
                    case CHARACTER_DEVICE -> 'c';
                    case BLOCK_DEVICE -> 'b';
                };
        };
    }

    private static String permissions(int mode) {
        char[] text = "rwxrwxrwx".toCharArray();
        for (int i = 0; i < 9; i++) {
            if ((mode >>> (8 - i) & 1) == 0) {
                text[i] = '-';
            }
        }
        if ((mode & 04000) != 0) {
            text[2] = text[2] == 'x' ? 's' : 'S';
        }
        if ((mode & 02000) != 0) {
            text[5] = text[5] == 'x' ? 's' : 'S';
        }
        if ((mode & 01000) != 0) {
            text[8] = text[8] == 'x' ? 't' : 'T';
        }
        return new String(text);
    }
}
