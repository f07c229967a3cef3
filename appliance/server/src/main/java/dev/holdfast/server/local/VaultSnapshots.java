package dev.holdfast.server.local;

import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds snapshots in a vault by what people write. */
record VaultSnapshots(Collection<ListedSnapshot> all) {
    private static final String LATEST = "latest";
    private static final int NODES_NAMED = 10;

    static VaultSnapshots of(VaultRecovery vault) throws IOException {
        return new VaultSnapshots(vault.snapshots().values());
    }

    /**
     * Finds a snapshot.
     *
     * @param name an id, the beginning of one, or {@code latest}; a path behind a colon does not matter
     * @param node only snapshots of this node; null for all
     */
    ListedSnapshot find(String name, @Nullable String node) throws UseCaseException {
        String id = name.contains(":") ? name.substring(0, name.indexOf(':')) : name;
        List<ListedSnapshot> of = all.stream()
                .filter(each -> node == null || node.equals(each.snapshot().nodeName()))
                .sorted(Comparator.comparingLong(each -> each.snapshot().committed()))
                .toList();
        if (id.equals(LATEST) && !of.isEmpty()) {
            requireOneNode(of);
            return of.getLast();
        }
        List<ListedSnapshot> fitting = of.stream()
                .filter(each -> !id.isEmpty() && each.snapshot().id().toString().startsWith(id))
                .toList();
        String whose = node == null ? "" : " of " + node;
        if (fitting.size() > 1) {
            throw UseCaseException.notFound(
                    "'" + id + "' fits " + fitting.size() + " snapshots" + whose + "; write more of the id");
        }
        if (fitting.isEmpty()) {
            throw UseCaseException.notFound("the vault has no snapshot '" + id + "'" + whose);
        }
        return fitting.getFirst();
    }

    private static void requireOneNode(List<ListedSnapshot> of) throws UseCaseException {
        List<String> nodes = of.stream()
                .map(each -> each.snapshot().nodeName())
                .distinct()
                .sorted()
                .toList();
        if (nodes.size() > 1) {
            throw UseCaseException.invalid("'latest' needs --node NAME: the vault has snapshots of "
                    + nodes.stream().limit(NODES_NAMED).collect(Collectors.joining(", ")));
        }
    }
}
