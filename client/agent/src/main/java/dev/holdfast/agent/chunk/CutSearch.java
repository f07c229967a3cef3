package dev.holdfast.agent.chunk;

import dev.holdfast.protocol.foreign.ForeignLibrary;
import java.util.Arrays;
import java.util.Optional;

/**
 * Searches data for the first place where the Gear hash of the last {@link #WINDOW_BYTES} bytes has none of certain bits. Safe for
 * use by several threads.
 */
interface CutSearch {
    int WINDOW_BYTES = 64;

    /**
     * @param from the first byte that may be the last of a window; as many bytes as a window has must lie before it
     * @param to where the search ends
     * @param table a number for each value of a byte
     * @return the index behind the window, or -1 where there is no such place
     */
    int first(byte[] data, long[] table, int from, int to, long mask);

    /** What it is, for the log. */
    String name();

    /** The one that this process uses. Its choice takes some milliseconds, once. */
    static CutSearch fastest() {
        return Choice.FASTEST;
    }

    /**
     * The native library where there is one that finds the right places. Java code is a quarter as fast by C1 and half as fast by C2
     * (docs/decisions/0018-native-chunker.md).
     */
    final class Choice {
        /** With the value {@code java}, no native library is used. */
        private static final String PROPERTY = "holdfast.chunker";

        private static final System.Logger LOG = System.getLogger(CutSearch.class.getName());

        private static final int TEST_BYTES = 2048;
        /** One place in 256 has none of these bits, so that the test finds several. */
        private static final long TEST_MASK = 0xFFL << 56;

        static final CutSearch FASTEST = choose();

        private Choice() {}

        private static CutSearch choose() {
            CutSearch java = new JavaCutSearch();
            boolean declined = ForeignLibrary.declined(PROPERTY);
            Optional<CutSearch> found =
                    declined ? Optional.empty() : NativeCutSearch.find().filter(search -> findsAlike(search, java));
            if (found.isEmpty() && !declined) {
                ForeignLibrary.tellMissing(
                        LOG,
                        NativeCutSearch.LIBRARY,
                        "files are cut into chunks in Java, which takes up to four times as long");
            }
            CutSearch chosen = found.orElse(java);
            LOG.log(System.Logger.Level.DEBUG, () -> "chunks are cut by " + chosen.name());
            return chosen;
        }

        static boolean findsAlike(CutSearch search, CutSearch reference) {
            byte[] data = new byte[TEST_BYTES];
            long[] table = new long[256];
            long number = 1;
            for (int i = 0; i < data.length; i++) {
                number = number * 6364136223846793005L + 1442695040888963407L;
                data[i] = (byte) (number >>> 56);
                table[i % table.length] ^= Long.rotateLeft(number, 29);
            }
            boolean alike = Arrays.equals(places(search, data, table), places(reference, data, table));
            if (!alike) {
                LOG.log(System.Logger.Level.WARNING, search.name() + " finds wrong places and is not used");
            }
            return alike;
        }

        private static int[] places(CutSearch search, byte[] data, long[] table) {
            int[] places = new int[TEST_BYTES];
            int count = 0;
            for (int at = WINDOW_BYTES; at >= 0 && at < data.length; count++) {
                at = search.first(data, table, at, data.length, TEST_MASK);
                places[count] = at;
            }
            return places;
        }
    }
}
