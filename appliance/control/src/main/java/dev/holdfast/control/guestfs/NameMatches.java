package dev.holdfast.control.guestfs;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Takes paths that each end with a NUL, and keeps the first of those whose last names match. */
final class NameMatches extends OutputStream {
    private final Predicate<byte[]> wanted;
    private final int limit;
    private final ByteArrayOutputStream path = new ByteArrayOutputStream();
    private final List<byte[]> found = new ArrayList<>();

    NameMatches(Predicate<byte[]> wanted, int limit) {
        this.wanted = wanted;
        this.limit = limit;
    }

    List<byte[]> found() {
        return found;
    }

    @Override
    public void write(int b) {
        if (b != 0) {
            // A longer path cannot be asked for; it is passed over when it ends.
            if (path.size() <= TreePath.MAX_BYTES) {
                path.write(b);
            }
            return;
        }
        byte[] whole = path.toByteArray();
        path.reset();
        try {
            if (found.size() < limit && wanted.test(TreePath.of(whole).name())) {
                found.add(whole);
            }
        } catch (FormatException e) {
            // No name that a file can have.
        }
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        for (int i = from; i < from + length; i++) {
            write(bytes[i]);
        }
    }
}
