package dev.holdfast.protocol.hash;

import dev.holdfast.protocol.foreign.ForeignLibrary;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** An implementation of BLAKE3. Safe for use by several threads. */
interface Blake3 {
    int HASH_BYTES = 32;
    int KEY_BYTES = 32;

    /** What it is, for the log. */
    String name();

    /** @param key of 32 bytes for the keyed mode, or null */
    Hasher hasher(byte @Nullable [] key);

    /** The one that this process uses. Its choice takes some milliseconds, once. */
    static Blake3 fastest() {
        return Choice.FASTEST;
    }

    /**
     * The native library where there is one that computes the right hash. Nothing else is measured against it: Java code
     * is at best a quarter as fast, and only after some seconds (docs/decisions/0016-blake3.md).
     */
    final class Choice {
        /** With the value {@code java}, no native library is used. */
        private static final String PROPERTY = "holdfast.blake3";

        private static final System.Logger LOG = System.getLogger(Blake3.class.getName());

        /** More than one group of {@link JavaBlake3}, and an incomplete tree of chunks. */
        private static final int TEST_BYTES = 23 * 1024 + 7;

        private static final String TEST_HASH = "3741d502f49b17248b3aa0149c14594bc3cf7cfbedbfbc03f0592e6c80578855";

        static final Blake3 FASTEST = choose();
        private static final AtomicBoolean TOLD = new AtomicBoolean();

        private Choice() {}

        private static Blake3 choose() {
            Blake3 chosen = ForeignLibrary.declined(PROPERTY)
                    ? new JavaBlake3()
                    : NativeBlake3.find().filter(Choice::computesRight).orElseGet(JavaBlake3::new);
            LOG.log(System.Logger.Level.DEBUG, () -> "BLAKE3 by " + chosen.name());
            return chosen;
        }

        /** Only by those who hash much: most commands hash a few pages, and would say the same each time. */
        static void tellIfSlow() {
            if (FASTEST instanceof JavaBlake3 && !ForeignLibrary.declined(PROPERTY) && !TOLD.getAndSet(true)) {
                ForeignLibrary.tellMissing(
                        LOG, NativeBlake3.LIBRARY, "hashes are computed in Java, which takes several times as long");
            }
        }

        private static boolean computesRight(Blake3 blake3) {
            byte[] data = new byte[TEST_BYTES];
            for (int i = 0; i < data.length; i++) {
                data[i] = (byte) (i % 251);
            }
            Hasher hasher = blake3.hasher(null);
            hasher.update(data);
            boolean right = HexFormat.of().formatHex(hasher.digest()).equals(TEST_HASH);
            if (!right) {
                LOG.log(System.Logger.Level.WARNING, blake3.name() + " computes wrong hashes and is not used");
            }
            return right;
        }
    }
}
