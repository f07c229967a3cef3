package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.text.ForeignText;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A path inside a snapshot: names as raw bytes, joined by {@code /}, without a leading slash; the root is empty.
 * Ordered as a depth-first walk with sorted siblings visits: {@code a}, {@code a/b}, {@code a-b}.
 */
public final class TreePath implements Comparable<TreePath> {
    public static final TreePath ROOT = new TreePath(new byte[0]);
    /** Longest name: twice what Linux allows, so that other systems' names fit. */
    public static final int MAX_NAME_BYTES = 512;
    /** Longest path; beyond any that a walk of {@value #MAX_NAME_BYTES}-byte names has been seen to need. */
    public static final int MAX_BYTES = 1 << 18;

    private static final Pattern RENDERED = Pattern.compile("u(?:([0-9a-fA-F]{4})|\\{([0-9a-fA-F]{1,6})\\})");

    /**
     * A deep path shares what lies above with its ancestors, in pieces of this size: the paths of a tree of 20,000 levels
     * would otherwise take hundreds of megabytes.
     */
    private static final int PIECE_BYTES = 1024;

    /** The path up to a slash that is part of neither; null where {@link #tail} is all. */
    private final @Nullable TreePath head;

    private final byte[] tail;

    private TreePath(byte[] bytes) {
        this(null, bytes);
    }

    private TreePath(@Nullable TreePath head, byte[] tail) {
        this.head = head;
        this.tail = tail;
    }

    /** The path's bytes, which the caller must not change. */
    private byte[] bytes() {
        TreePath at = head;
        if (at == null) {
            return tail;
        }
        int length = length();
        byte[] all = new byte[length];
        int end = length;
        for (at = this; at != null; at = at.head) {
            end -= at.tail.length;
            System.arraycopy(at.tail, 0, all, end, at.tail.length);
            if (end > 0) {
                all[--end] = '/';
            }
        }
        return all;
    }

    /** A path from its stored form; every name is checked. */
    public static TreePath of(byte[] joined) throws FormatException {
        if (joined.length == 0) {
            return ROOT;
        }
        if (joined.length > MAX_BYTES) {
            throw FormatException.corrupt("path of " + joined.length + " bytes exceeds " + MAX_BYTES);
        }
        TreePath path = new TreePath(joined);
        for (byte[] name : path.names()) {
            requireName(name);
        }
        return path;
    }

    /** Refuses what could leave the directory it stands in: empty, {@code .}, {@code ..}, a slash or a NUL. */
    public static void requireName(byte[] name) throws FormatException {
        boolean dots = name.length > 0 && name.length <= 2 && name[0] == '.' && name[name.length - 1] == '.';
        boolean bad = name.length == 0 || name.length > MAX_NAME_BYTES || dots;
        for (byte b : name) {
            bad |= b == '/' || b == 0;
        }
        if (bad) {
            throw FormatException.corrupt("unsafe file name '" + escape(name) + "'");
        }
    }

    public TreePath child(byte[] name) {
        if (isRoot()) {
            return new TreePath(name.clone());
        }
        if (tail.length + 1 + name.length > PIECE_BYTES) {
            return new TreePath(this, name.clone());
        }
        byte[] joined = Arrays.copyOf(tail, tail.length + 1 + name.length);
        joined[tail.length] = '/';
        System.arraycopy(name, 0, joined, tail.length + 1, name.length);
        return new TreePath(head, joined);
    }

    public TreePath parent() {
        int slash = lastSlash();
        if (slash < 0) {
            return head == null ? ROOT : head;
        }
        return new TreePath(head, Arrays.copyOf(tail, slash));
    }

    /** The last name; empty for the root. */
    public byte[] name() {
        return Arrays.copyOfRange(tail, lastSlash() + 1, tail.length);
    }

    private int lastSlash() {
        int at = tail.length - 1;
        while (at >= 0 && tail[at] != '/') {
            at--;
        }
        return at;
    }

    public List<byte[]> names() {
        List<byte[]> names = new ArrayList<>();
        byte[] bytes = bytes();
        int from = 0;
        for (int i = 0; i <= bytes.length && bytes.length > 0; i++) {
            if (i == bytes.length || bytes[i] == '/') {
                names.add(Arrays.copyOfRange(bytes, from, i));
                from = i + 1;
            }
        }
        return names;
    }

    /** Of {@link #toBytes()}. */
    public int length() {
        int length = tail.length;
        for (TreePath at = head; at != null; at = at.head) {
            length += at.tail.length + 1;
        }
        return length;
    }

    public boolean isRoot() {
        return head == null && tail.length == 0;
    }

    public byte[] toBytes() {
        return head == null ? tail.clone() : bytes();
    }

    /** Whether this is {@code ancestor} or lies below it. */
    public boolean startsWith(TreePath ancestor) {
        byte[] bytes = bytes();
        byte[] above = ancestor.bytes();
        int length = above.length;
        return length == 0
                || (bytes.length >= length
                        && Arrays.equals(bytes, 0, length, above, 0, length)
                        && (bytes.length == length || bytes[length] == '/'));
    }

    /** Parses what {@link #toString()} printed, with or without the leading slash; repeated slashes count as one. */
    public static TreePath parse(String text) throws FormatException {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (String name : text.split("/")) {
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (joined.size() > 0) {
                joined.write('/');
            }
            joined.writeBytes(unescape(name));
        }
        return of(joined.toByteArray());
    }

    private static byte[] unescape(String text) throws FormatException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            if (point != '\\') {
                out.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
            } else if (text.startsWith("\\", i)) {
                out.write('\\');
                i++;
            } else if (text.startsWith("x", i) && i + 3 <= text.length()) {
                try {
                    out.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
                } catch (NumberFormatException e) {
                    throw FormatException.corrupt("'" + text + "': \\x wants two hexadecimal digits");
                }
                i += 3;
            } else if (text.startsWith("u", i)) {
                // As rendered for a terminal.
                Matcher escape = RENDERED.matcher(text).region(i, text.length());
                if (!escape.lookingAt()) {
                    throw FormatException.corrupt(
                            "'" + text + "': \\u wants four hexadecimal digits, or up to six in braces");
                }
                String digits = escape.group(1) == null ? escape.group(2) : escape.group(1);
                int escaped = Integer.parseInt(digits, 16);
                if (!Character.isValidCodePoint(escaped)) {
                    throw FormatException.corrupt("'" + text + "': no character has the code " + digits);
                }
                out.writeBytes(Character.toString(escaped).getBytes(StandardCharsets.UTF_8));
                i = escape.end();
            } else {
                throw FormatException.corrupt("'" + text + "': write a backslash as \\\\ and other bytes as \\xNN");
            }
        }
        return out.toByteArray();
    }

    /**
     * Bytes as text that {@link #parse} takes back: what is not UTF-8, control characters, and what changes the direction of
     * text become {@code \xNN}.
     */
    public static String escape(byte[] bytes) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            text = null;
        }
        StringBuilder out = new StringBuilder(bytes.length);
        if (text == null) {
            for (byte b : bytes) {
                // Signed: every byte beyond ASCII is below zero.
                if (b < 0x20 || b == 0x7F) {
                    out.append(String.format("\\x%02x", b & 0xFF));
                } else {
                    escape(out, b, false);
                }
            }
        } else {
            text.codePoints().forEach(point -> escape(out, point, ForeignText.disruptive(point)));
        }
        return out.toString();
    }

    private static void escape(StringBuilder out, int point, boolean unsafe) {
        if (point == '\\') {
            out.append("\\\\");
        } else if (!unsafe) {
            out.appendCodePoint(point);
        } else if (point < 0x80) {
            out.append(String.format("\\x%02x", point));
        } else {
            for (byte b : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
                out.append(String.format("\\x%02x", b & 0xFF));
            }
        }
    }

    @Override
    public int compareTo(TreePath other) {
        byte[] left = bytes();
        byte[] right = other.bytes();
        int at = Arrays.mismatch(left, right);
        if (at < 0) {
            return 0;
        }
        return at < left.length && at < right.length
                ? Integer.compare(rank(left[at]), rank(right[at]))
                : Integer.compare(left.length, right.length);
    }

    /** A slash ends a name, so it sorts below every byte a name can hold. */
    private static int rank(byte b) {
        return b == '/' ? 0 : b & 0xFF;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TreePath path && Arrays.equals(bytes(), path.bytes());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes());
    }

    @Override
    public String toString() {
        return "/" + escape(bytes());
    }
}
