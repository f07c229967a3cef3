package dev.holdfast.vault.upload;

import dev.holdfast.store.snapshot.StoredSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshots belong in a vault.
 *
 * @param nodes patterns of node names, with * and ?; empty for all nodes
 * @param leastAge younger snapshots wait
 * @param keep older snapshots leave the vault, and snapshots that are forgotten here stay there until then; null for a
 *     vault that forgets what is forgotten here
 */
public record Selection(
        List<String> nodes, Duration leastAge, @Nullable Duration keep) {
    public static final Selection ALL = new Selection(List.of(), Duration.ZERO, null);

    public Selection {
        nodes = List.copyOf(nodes);
    }

    /**
     * @param now ms since 1970
     * @param irreplaceable whether it belongs there however old it is
     */
    public boolean wants(StoredSnapshot snapshot, long now, boolean irreplaceable) {
        return wantsNode(snapshot.nodeName())
                && now - snapshot.committed() >= leastAge.toMillis()
                && (irreplaceable || !expired(snapshot.committed(), now));
    }

    /** @param name that the node had when the snapshot was made */
    public boolean wantsNode(String name) {
        return nodes.isEmpty()
                || nodes.stream().anyMatch(each -> pattern(each).matcher(name).matches());
    }

    private static Pattern pattern(String glob) {
        return Pattern.compile(glob.chars()
                .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c)))
                .collect(Collectors.joining()));
    }

    /** Whether a snapshot's time in the vault is over. */
    public boolean expired(long committed, long now) {
        return keep != null && now - committed > keep.toMillis();
    }

    /** Whether containers that no snapshot needs yet may be uploaded. */
    boolean everything() {
        return nodes.isEmpty() && leastAge.isZero();
    }

    /** The same selection without the minimum age. */
    public Selection atOnce() {
        return new Selection(nodes, Duration.ZERO, keep);
    }
}
