package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import java.io.IOException;
import java.util.Arrays;

/** Restores what has no content: symlinks, FIFOs and device nodes. Used by the planning thread. */
final class SimpleEntries {
    private final RestoreOptions options;
    private final RestoreStats stats;
    private final ExistingFiles existing;
    private final AttributeRules rules;
    private final WorkFiles work;
    private final HardLinks links;
    private final OpenDirectories directories;
    private final LinkPrimaries primaries;
    private boolean changed;

    SimpleEntries(RestoreParts parts, OpenDirectories directories, LinkPrimaries primaries) {
        this.options = parts.options();
        this.stats = parts.stats();
        this.existing = parts.existing();
        this.rules = parts.rules();
        this.work = parts.work();
        this.links = parts.links();
        this.directories = directories;
        this.primaries = primaries;
    }

    /** Whether anything was made or replaced. */
    boolean changed() {
        return changed;
    }

    void symlink(RestoreEntry entry, Node.Symlink link) throws IOException {
        restore(
                entry,
                Stat.Type.SYMLINK,
                (directory, name, present) -> Arrays.equals(directory.readLink(name), link.target()),
                (directory, name) -> directory.makeSymlink(name, link.target()));
    }

    void special(RestoreEntry entry, Node.Special special) throws IOException {
        restore(
                entry,
                type(special),
                (directory, name, present) -> special.type() == Node.Special.Type.FIFO
                        || present.major() == special.major() && present.minor() == special.minor(),
                (directory, name) -> directory.makeSpecial(name, special.type(), special.major(), special.minor()));
    }

    private static Stat.Type type(Node.Special special) {
        return switch (special.type()) {
            case FIFO -> Stat.Type.FIFO;
            case CHARACTER_DEVICE -> Stat.Type.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> Stat.Type.BLOCK_DEVICE;
        };
    }

    /** Whether something of the right type is the right one. */
    private interface Same {
        boolean test(Directory directory, byte[] name, Stat present) throws IOException;
    }

    private interface Make {
        void make(Directory directory, byte[] name) throws IOException;
    }

    private void restore(RestoreEntry entry, Stat.Type type, Same same, Make make) throws IOException {
        Node.Named node = entry.node();
        Slot slot = directories.slot(entry.path(), node.name());
        Attributes wanted = rules.permitted(node.attributes(), entry.path());
        slot.parent.use(directory -> {
            slot.locate(directory);
            Stat present = slot.present();
            if (present != null) {
                boolean identical = present.type() == type && same.test(directory, slot.name(), present);
                if (leave(entry, directory, slot, type, present, identical, wanted)) {
                    return false;
                }
                ExistingFiles.requireReplaceable(present);
            }
            make(entry, directory, slot, type, wanted, make);
            return true;
        });
        stats.others.increment();
        if (!primaries.isWanted(FileIdentity.of(node.attributes()))) {
            links.stage(slot, node);
        }
    }

    /** Whether what is there stays; then it has its attributes set, if the policy says so. */
    private boolean leave(
            RestoreEntry entry,
            Directory directory,
            Slot slot,
            Stat.Type type,
            Stat present,
            boolean identical,
            Attributes wanted)
            throws IOException {
        Attributes recorded = entry.node().attributes();
        if (existing.keep(entry.path(), wanted, present, identical)) {
            if (!identical) {
                primaries.elsewhere(entry);
            }
            return true;
        }
        if (identical && options.overwrite() != Overwrite.ALWAYS && present.links() <= Math.max(1, recorded.links())) {
            boolean settled =
                    existing.settle(entry.path(), ExistingFiles.named(directory, slot.name(), type), recorded, wanted);
            (settled ? stats.settled : stats.skipped).increment();
            return true;
        }
        return false;
    }

    private void make(RestoreEntry entry, Directory directory, Slot slot, Stat.Type type, Attributes wanted, Make make)
            throws IOException {
        byte[] made = work.partial(entry.node().name());
        changed = true;
        boolean committed = false;
        try {
            // A driver may make something else, and then fail.
            make.make(directory, made);
            existing.lost(entry.path(), directory.apply(made, type, wanted));
            committed = slot.commit(directory, made, wanted);
        } finally {
            if (!committed && ExistingFiles.statOrNull(directory, made) != null) {
                directory.remove(made, false);
            }
        }
        if (!committed) {
            primaries.elsewhere(entry);
        }
    }
}
