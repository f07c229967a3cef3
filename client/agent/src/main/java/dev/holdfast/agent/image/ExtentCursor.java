package dev.holdfast.agent.image;

import dev.holdfast.protocol.nbd.NbdClient;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.util.List;

/** Finds what a metadata context of an NBD export flags, from position to position. Safe for use by several threads. */
public final class ExtentCursor {
    private final NbdClient client;
    private final String context;
    private final int flag;
    /** What the server said last of a range; guarded by this. */
    private List<NbdExtent> extents = List.of();

    /** @param flag of the context, such as {@link NbdExtent#ZERO} */
    public ExtentCursor(NbdClient client, String context, int flag) {
        this.client = client;
        this.context = context;
        this.flag = flag;
    }

    /** Whether the server knows the context. */
    public boolean known() {
        return client.contexts().contains(context);
    }

    /**
     * Where something begins at or after {@code position} that has the flag, or does not.
     *
     * @param otherwise what is returned where nothing follows
     */
    public synchronized long next(long position, boolean flagged, long otherwise) throws IOException {
        long at = position;
        while (at < client.size()) {
            if (!holds(at)) {
                extents = client.blockStatus(context, at, client.size() - at);
            }
            for (NbdExtent each : extents.subList(index(at), extents.size())) {
                if (((each.flags() & flag) != 0) == flagged) {
                    return Math.max(at, each.offset());
                }
                at = each.end();
            }
        }
        return otherwise;
    }

    private boolean holds(long position) {
        return !extents.isEmpty()
                && extents.getFirst().offset() <= position
                && position < extents.getLast().end();
    }

    /** The number of the extent in which a position lies. Each begins where the one before ends. */
    private int index(long position) {
        int low = 0;
        int high = extents.size();
        // Invariant: every extent before low begins at or before the position, none from high on does.
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (extents.get(middle).offset() <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return Math.max(0, low - 1);
    }
}
