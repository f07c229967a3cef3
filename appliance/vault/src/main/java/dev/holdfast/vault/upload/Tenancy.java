package dev.holdfast.vault.upload;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.upload.VaultRefusedException.Reason;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whether an appliance may write to a vault, by the vault's newest root and by what the journal knows. Changes nothing.
 */
public final class Tenancy {
    private final ObjectStore store;
    private final VaultKeys keys;
    private final Journal journal;

    /** What a vault is to an appliance that may write to it, or may come to. */
    public enum Kind {
        /** There is no vault yet, and the journal knows of none. */
        NEW,
        /** This appliance wrote the newest root. */
        OWN,
        /**
         * An appliance with the same keys wrote it, and the journal knows nothing of this vault: an appliance that was
         * recovered finds the copies of the lost one so.
         */
        LEFT
    }

    /**
     * What was found.
     *
     * @param newest null where there is none; of the journal where the vault's own is damaged
     * @param damaged whether the vault's newest root is damaged and the journal has it whole
     */
    public record Finding(Kind kind, Root.@Nullable Read newest, boolean damaged) {}

    public Tenancy(ObjectStore store, VaultKeys keys, Journal journal) {
        this.store = store;
        this.keys = keys;
        this.journal = journal;
    }

    /**
     * Reads the newest root.
     *
     * @throws VaultRefusedException where this appliance must not write behind it
     */
    public Finding look() throws IOException {
        byte @Nullable [] last = journal.root();
        Root.Read known = last == null ? null : Root.parse(last, Publication.sequenceOf(last));
        Optional<Root.Read> found;
        try {
            found = Roots.newest(store, known == null ? 0 : known.root().sequence(), each -> own(each, known));
        } catch (DamagedRootException e) {
            if (known == null || e.sequence() != known.root().sequence()) {
                throw new VaultRefusedException(
                        Reason.DAMAGED,
                        e.getMessage() + ". This appliance did not write root " + e.sequence()
                                + ", or does not know that it did, so it cannot store it again; "
                                + takeOver(store.url())
                                + " --root N, with the number of a root that is whole");
            }
            return new Finding(Kind.OWN, known, true);
        }
        if (found.isEmpty()) {
            if (known != null) {
                throw new VaultRefusedException(
                        Reason.ROLLED_BACK,
                        store.url() + " has no root any more; this appliance has seen root "
                                + known.root().sequence() + ". The vault was deleted or replaced. " + setBack());
            }
            return new Finding(Kind.NEW, null, false);
        }
        Root.Read newest = found.get();
        if (!newest.root().vault().equals(keys.id())) {
            throw new VaultRefusedException(
                    Reason.FOREIGN,
                    store.url() + " holds vault " + newest.root().vault() + ", this appliance is vault " + keys.id()
                            + ". Give it a bucket or a prefix of its own");
        }
        newest.requireSignedBy(keys, known);
        Optional<UUID> writer = journal.state("writer").map(UUID::fromString);
        boolean mine = writer.isPresent() && newest.root().writer().equals(writer.get());
        if (known == null) {
            // Where it is one's own, its answer was lost, and so was the note that it was the first.
            return new Finding(mine ? Kind.OWN : Kind.LEFT, newest, false);
        }
        requireFollows(newest, known, mine);
        return new Finding(Kind.OWN, newest, false);
    }

    /** Requires that the newest root is the one that is known, or one of this appliance after it. */
    private void requireFollows(Root.Read newest, Root.Read known, boolean mine) throws VaultRefusedException {
        Root root = newest.root();
        if (root.sequence() < known.root().sequence()
                || (root.sequence() == known.root().sequence() && !newest.hash().equals(known.hash()))) {
            throw new VaultRefusedException(
                    Reason.ROLLED_BACK,
                    store.url() + " was set back: its newest root is " + root.sequence() + ", this appliance has seen "
                            + known.root().sequence() + ". " + setBack());
        }
        if (root.epoch() > known.root().epoch()) {
            throw new VaultRefusedException(
                    Reason.FENCED,
                    store.url() + " was taken over by appliance " + root.writer() + " at "
                            + Instant.ofEpochMilli(root.written())
                            + "; this appliance no longer writes to it. To bring what was backed up there back here,"
                            + " recover from the vault");
        }
        if (!mine) {
            throw new VaultRefusedException(
                    Reason.SHARED,
                    store.url() + " is written to by appliance " + root.writer() + "; " + takeOver(store.url()));
        }
    }

    private boolean own(Root.Read root, Root.@Nullable Read known) {
        return root.root().vault().equals(keys.id())
                && (root.signedBy(keys) || (known != null && Arrays.equals(root.publicKey(), known.publicKey())));
    }

    /** Of a vault that was {@link Kind#LEFT} and that nobody decided to adopt. */
    static VaultRefusedException left(String url, Root root) {
        return new VaultRefusedException(
                Reason.SHARED,
                url + " is in use by appliance " + root.writer()
                        + " of the same vault. Where that one is gone, set it again with the options it was set with, and"
                        + " this appliance takes it over: "
                        + TypedCommand.elsewhere("appliance", "vault", "set", url)
                        + ". To bring back here what is in it, recover from it into another directory");
    }

    private String setBack() {
        return "Nothing is uploaded until it is known why. To store the root again as this appliance has it, and to see what else"
                + " is missing: "
                + TypedCommand.elsewhere(
                        "appliance", "vault", "check", store.url(), "--recovery-key-file", "F", "--repair-from", "DIR");
    }

    private static String takeOver(String url) {
        return "to take it over, run: "
                + TypedCommand.elsewhere(
                        "appliance", "recover", "--from", url, "--recovery-key-file", "F", "--data", "DIR");
    }
}
