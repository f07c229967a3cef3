package dev.holdfast.control.access;

import java.util.List;
import java.util.Set;

/** Which nodes a user sees: all, or those that are named. No name means no node. Immutable. */
public sealed interface Scope {
    boolean sees(String node);

    /** Whether it is about the whole appliance, with all nodes to come. */
    default boolean all() {
        return this instanceof AllNodes;
    }

    /** The names, sorted; none for all, which {@link #all()} tells apart. */
    List<String> names();

    static Scope allNodes() {
        return new AllNodes();
    }

    static Scope of(Set<String> nodes) {
        return new SomeNodes(nodes);
    }

    /** Every node, and those to come. */
    record AllNodes() implements Scope {
        @Override
        public boolean sees(String node) {
            return true;
        }

        @Override
        public List<String> names() {
            return List.of();
        }

        @Override
        public String toString() {
            return "all nodes";
        }
    }

    /** These and no others. */
    record SomeNodes(Set<String> nodes) implements Scope {
        public SomeNodes {
            nodes = Set.copyOf(nodes);
        }

        @Override
        public boolean sees(String node) {
            return nodes.contains(node);
        }

        @Override
        public List<String> names() {
            return nodes.stream().sorted().toList();
        }

        @Override
        public String toString() {
            return nodes.isEmpty() ? "no node" : "nodes " + String.join(", ", names());
        }
    }
}
