package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The pages that list chunks which cannot be read: clients are asked for them, after a restart too. They are known anew after
 * each look at the store.
 */
public final class HurtPages {
    private static final System.Logger LOG = System.getLogger(HurtPages.class.getName());
    private static final String SETTING = "damage.pages";

    private HurtPages() {}

    static void keep(ControlDb control, Store store, Collection<ChunkId> pages) throws IOException {
        store.distrust(pages);
        Base64.Encoder encoder = Base64.getEncoder().withoutPadding();
        control.settings()
                .set(
                        SETTING,
                        pages.stream()
                                .map(page -> encoder.encodeToString(page.toBytes()))
                                .collect(Collectors.joining(",")));
    }

    /** At start: those of the last look still are. */
    public static void tell(ControlDb control, Store store) throws IOException {
        String kept = control.settings().get(SETTING).orElse("");
        try {
            List<ChunkId> pages = Arrays.stream(kept.split(","))
                    .filter(text -> !text.isEmpty())
                    .map(text -> ChunkId.fromBytes(Base64.getDecoder().decode(text)))
                    .toList();
            store.distrust(pages);
        } catch (IllegalArgumentException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "setting " + SETTING + " cannot be read; the next look makes it anew",
                    e);
        }
    }

    /** An appliance that was recovered has other damage. */
    static void forget(ControlDb control) throws IOException {
        control.settings().set(SETTING, "");
    }
}
