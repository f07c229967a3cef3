package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a restore knows about the names in one directory of its target, so that it notices where the file system takes two
 * names of the snapshot for one: other case, another Unicode form, trailing dots. Memory is 16 bytes a name. Safe for use by
 * several threads.
 *
 * <p>A name is <em>suspect</em> where one before it has the same {@link #key}. Keys fold more than file systems do; a suspect name is
 * looked at closely before anything of that name is replaced. What folds in a way that keys do not know is noticed since new
 * files take their names only where these are free.
 */
final class Names {
    private static final String ALTERNATIVE = ".holdfast-kept-";
    private static final int ALTERNATIVE_DIGITS = 8;
    private static final int MAX_NAME_BYTES = 255;

    private final LongSet seen = new LongSet();
    private final LongSet several = new LongSet();
    /** Those of {@link #before} that entries of the snapshot took. */
    private final LongSet claimed = new LongSet();
    /** The names that were there before the restore came; null where it made the directory. */
    private final @Nullable LongSet before;

    /** The keys of the {@link #alternative} names that were there before, since the file system may spell these otherwise as well. */
    private final LongSet alternatives;

    private Names(@Nullable LongSet before, LongSet alternatives) {
        this.before = before;
        this.alternatives = alternatives;
    }

    /** Of a directory that this restore made. */
    static Names ofNew() {
        return new Names(null, new LongSet());
    }

    static Names existing(List<byte[]> listing) {
        LongSet before = new LongSet();
        LongSet alternatives = new LongSet();
        for (byte[] name : listing) {
            before.add(hash(name));
            if (new String(name, StandardCharsets.ISO_8859_1)
                    .toLowerCase(Locale.ROOT)
                    .contains(ALTERNATIVE)) {
                alternatives.add(key(name));
            }
        }
        return new Names(before, alternatives);
    }

    /** Whether nothing can have been in the directory before this restore. */
    boolean fresh() {
        return before == null;
    }

    /** Notes a name of the snapshot. Returns whether it is suspect. */
    synchronized boolean see(byte[] name) {
        long key = key(name);
        boolean suspect = !seen.add(key);
        if (suspect) {
            several.add(key);
        }
        return suspect;
    }

    /** Whether by now several names with this one's key were seen, so that any of them is suspect. */
    synchronized boolean several(byte[] name) {
        return several.contains(key(name));
    }

    /** Whether this name, or one that some file system takes for it, is in the snapshot. */
    synchronized boolean seen(byte[] name) {
        return seen.contains(key(name));
    }

    boolean before(byte[] name) {
        return before != null && before.contains(hash(name));
    }

    /** Whether an earlier restore kept an entry under its {@link #alternative}. */
    boolean keptBefore(byte[] name) {
        return alternatives.size > 0 && alternatives.contains(key(alternative(name)));
    }

    /**
     * The name that an entry gets where the target has its own for another one, or cannot have it. Characters that
     * some file systems do not allow are replaced by {@code _}.
     */
    static byte[] alternative(byte[] original) {
        byte[] name = new String(original, StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cntrl}\"*:<>?\\\\|\\x{FFFD}]", "_")
                .getBytes(StandardCharsets.UTF_8);
        String suffix =
                ALTERNATIVE + HashAlgorithm.SHA_256.digest(original).toString().substring(0, ALTERNATIVE_DIGITS);
        int length = Math.min(name.length, MAX_NAME_BYTES - suffix.length());
        while (length < name.length && length > 0 && (name[length] & 0xC0) == 0x80) {
            length--;
        }
        byte[] result = Arrays.copyOf(name, length + suffix.length());
        System.arraycopy(suffix.getBytes(StandardCharsets.US_ASCII), 0, result, length, suffix.length());
        return result;
    }

    /**
     * Takes an entry that was there before under exactly this name. False where an entry of the snapshot took it already, by another
     * spelling.
     */
    synchronized boolean claim(byte[] name) {
        return claimed.add(hash(name));
    }

    /**
     * Whether what the target shows under {@code name}, which was not there before, is or may be another entry of this snapshot. If it is
     * an entry that was there before, spelled otherwise, the first that asks takes it.
     */
    synchronized boolean collides(Directory directory, byte[] name) throws IOException {
        if (before == null) {
            return true;
        }
        Stat present = directory.stat(name);
        List<byte[]> same = new ArrayList<>();
        List<byte[]> alike = new ArrayList<>();
        for (byte[] each : directory.names()) {
            if (Arrays.equals(each, name)) {
                // Made since: by this restore under another spelling, or by somebody else.
                return several(name);
            }
            Stat stat = before(each) ? ExistingFiles.statOrNull(directory, each) : null;
            if (stat != null && stat.inode() == present.inode() && stat.device() == present.device()) {
                same.add(each);
                if (key(each) == key(name)) {
                    alike.add(each);
                }
            }
        }
        // Of several hard links, nobody knows which one it is.
        List<byte[]> found = same.size() == 1 ? same : alike;
        if (found.size() != 1) {
            return true;
        }
        byte[] spelled = found.getFirst();
        seen.add(key(spelled));
        return !claim(spelled);
    }

    private static @Nullable String text(byte[] name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Equal for all names that some file system may take for one. */
    static long key(byte[] name) {
        boolean ascii = true;
        for (byte b : name) {
            ascii &= b > 0;
        }
        String text = ascii ? new String(name, StandardCharsets.US_ASCII) : text(name);
        if (text == null) {
            return hash(name);
        }
        if (!ascii) {
            text = Normalizer.normalize(text, Normalizer.Form.NFKC).toUpperCase(Locale.ROOT);
        }
        text = text.toLowerCase(Locale.ROOT);
        if (!ascii) {
            StringBuilder visible = new StringBuilder(text.length());
            Normalizer.normalize(text, Normalizer.Form.NFKC).codePoints().forEach(point -> {
                int type = Character.getType(point);
                if (type != Character.FORMAT && !(point >= 0xFE00 && point <= 0xFE0F) && point != 0x034F) {
                    visible.appendCodePoint(point);
                }
            });
            text = visible.toString();
        }
        int end = text.length();
        while (end > 1 && (text.charAt(end - 1) == '.' || text.charAt(end - 1) == ' ')) {
            end--;
        }
        return hash(text.substring(0, end).getBytes(StandardCharsets.UTF_8));
    }

    private static long hash(byte[] bytes) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : bytes) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
        }
        hash ^= hash >>> 32;
        hash *= 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 29;
        return hash == 0 ? 1 : hash;
    }

    /** Numbers other than 0, by open addressing. */
    private static final class LongSet {
        private long[] slots = new long[16];
        private int size;

        boolean add(long value) {
            if (2 * (size + 1) > slots.length) {
                long[] old = slots;
                slots = new long[2 * old.length];
                for (long each : old) {
                    if (each != 0) {
                        slots[slot(each)] = each;
                    }
                }
            }
            int at = slot(value);
            if (slots[at] == value) {
                return false;
            }
            slots[at] = value;
            size++;
            return true;
        }

        boolean contains(long value) {
            return slots[slot(value)] == value;
        }

        private int slot(long value) {
            int at = (int) value & slots.length - 1;
            while (slots[at] != 0 && slots[at] != value) {
                at = at + 1 & slots.length - 1;
            }
            return at;
        }
    }
}
