package dev.holdfast.control.instant;

import dev.holdfast.control.image.Image;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Notes the order in which parts of an image are read, and reads ahead along the order in which a machine read them at an earlier start:
 * two starts of the same system read nearly the same. Safe for use by several threads.
 */
final class TracedImage implements Image {
    private static final int AHEAD_PARTS = 16;

    private final Image image;
    private final ReadTrace known;
    private final Map<Integer, Integer> places = new HashMap<>();
    private final Lock ahead = new ReentrantLock();
    /** Where in the known order reading ahead goes on. */
    private int next;

    private final BitSet seen = new BitSet();
    private final int[] order = new int[ReadTrace.MAX_PARTS];
    private int noted;

    TracedImage(Image image, ReadTrace known) {
        this.image = image;
        this.known = known;
        for (int i = 0; i < known.parts().length; i++) {
            places.putIfAbsent(known.parts()[i], i);
        }
    }

    @Override
    public long size() {
        return image.size();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        long part = offset / ReadTrace.PART_BYTES;
        if (part <= Integer.MAX_VALUE) {
            note((int) part);
            readAhead((int) part);
        }
        image.read(offset, target);
    }

    private synchronized void note(int part) {
        if (!seen.get(part) && noted < order.length) {
            seen.set(part);
            order[noted++] = part;
        }
    }

    /** Nobody waits for it. */
    private void readAhead(int part) throws IOException {
        Integer place = places.get(part);
        if (place == null || !ahead.tryLock()) {
            return;
        }
        try {
            next = Math.max(next, place + 1);
            while (next < known.parts().length && next <= place + AHEAD_PARTS) {
                long offset = (long) known.parts()[next] * ReadTrace.PART_BYTES;
                if (offset >= 0 && offset < size() && !image.ahead(offset, ReadTrace.PART_BYTES)) {
                    return;
                }
                next++;
            }
        } finally {
            ahead.unlock();
        }
    }

    /** What was read so far. */
    synchronized ReadTrace trace() {
        return new ReadTrace(Arrays.copyOf(order, noted));
    }

    @Override
    public List<NbdExtent> status(long offset, long length, int most) throws IOException {
        return image.status(offset, length, most);
    }

    @Override
    public boolean ahead(long offset, long length) throws IOException {
        return image.ahead(offset, length);
    }
}
