package dev.holdfast.vault.upload;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
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
                        Phrase.of("vault.root-damaged")
                                .with("reason", e)
                                .with("root", e.sequence())
                                .with("command", takeOver(store.url()) + " --root N"));
            }
            return new Finding(Kind.OWN, known, true);
        }
        if (found.isEmpty()) {
            if (known != null) {
                throw new VaultRefusedException(Reason.ROLLED_BACK, setBack(Phrase.of("vault.no-root"), known.root()));
            }
            return new Finding(Kind.NEW, null, false);
        }
        Root.Read newest = found.get();
        if (!newest.root().vault().equals(keys.id())) {
            throw new VaultRefusedException(
                    Reason.FOREIGN,
                    Phrase.of("vault.foreign")
                            .with("url", store.url())
                            .with("vault", newest.root().vault().toString())
                            .with("own", keys.id().toString()));
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
                    setBack(Phrase.of("vault.set-back").with("newest", root.sequence()), known.root()));
        }
        if (root.epoch() > known.root().epoch()) {
            throw new VaultRefusedException(
                    Reason.FENCED,
                    Phrase.of("vault.taken-over")
                            .with("url", store.url())
                            .with("writer", root.writer().toString())
                            .with("at", Instant.ofEpochMilli(root.written())));
        }
        if (!mine) {
            throw new VaultRefusedException(
                    Reason.SHARED,
                    Phrase.of("vault.written-to")
                            .with("url", store.url())
                            .with("writer", root.writer().toString())
                            .with("command", takeOver(store.url())));
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
                Phrase.of("vault.in-use")
                        .with("url", url)
                        .with("writer", root.writer().toString())
                        .with("command", TypedCommand.elsewhere("appliance", "vault", "set", url)));
    }

    /** @param known the newest root that this appliance has seen */
    private Phrase setBack(Phrase what, Root known) {
        return what.with("url", store.url())
                .with("known", known.sequence())
                .with(
                        "command",
                        TypedCommand.elsewhere(
                                "appliance",
                                "vault",
                                "check",
                                store.url(),
                                "--recovery-key-file",
                                "F",
                                "--repair-from",
                                "DIR"));
    }

    private static String takeOver(String url) {
        return TypedCommand.elsewhere(
                "appliance", "recover", "--from", url, "--recovery-key-file", "F", "--data", "DIR");
    }
}
