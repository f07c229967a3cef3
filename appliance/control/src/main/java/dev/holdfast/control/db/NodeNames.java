package dev.holdfast.control.db;

import java.util.Map;

/**
 * What nodes are called now. Snapshots, catalogues and reports keep the name that their node had when they were made; where
 * they are shown, and where it is decided who sees them, the node's present name counts.
 */
public record NodeNames(Map<Integer, String> byId) {
    public NodeNames {
        byId = Map.copyOf(byId);
    }

    /** @param recorded the name that counts where the control database does not know the node */
    public String of(int node, String recorded) {
        return byId.getOrDefault(node, recorded);
    }
}
