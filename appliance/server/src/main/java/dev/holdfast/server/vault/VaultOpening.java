package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.recover.Adoption;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opens vaults as they are configured. Whatever is wrong with a vault's settings, it is opened, and says so. */
record VaultOpening(Path data, ControlDb control, VaultKeys keys) {
    /** All that are configured, the first one first. */
    List<VaultRow> rows() throws IOException {
        List<VaultRow> rows = new ArrayList<>(control.vaults().list());
        rows.sort(Comparator.comparing(row -> !row.name().equals(VaultRegistry.FIRST)));
        return rows;
    }

    /** @param running the appliance that works already without this vault; null where it starts */
    OpenVault open(VaultRow row, @Nullable Served running) throws IOException {
        AtomicFile.createDirectory(data.resolve("vault"));
        Journal journal = new Journal(VaultData.journal(data, row.name()));
        try {
            OpenVault.Access access = access(row, journal);
            if (access.refused() == null) {
                journal.setState("url", access.settings().url());
                if (running != null && row.name().equals(VaultRegistry.FIRST)) {
                    access = access.refusedFor(afterStart(access.settings(), journal, running));
                }
            }
            OpenVault.Access known = access;
            LateStore objects = new LateStore(known.settings().url(), () -> {
                Phrase reason = known.refused();
                if (reason != null) {
                    throw new PhrasedException(reason);
                }
                return known.settings().open(known.credentials());
            });
            return new OpenVault(row, known, journal, objects);
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    /** What is configured, and whether it may be used with this journal. */
    OpenVault.Access access(VaultRow row, Journal journal) throws IOException {
        VaultSettings settings = VaultSettings.readable(row.settings());
        OssCredentials credentials = null;
        Phrase refused;
        try {
            credentials = settings.oss() == null ? null : Credentials.open(keys, row);
            refused = refused(row.name(), settings, credentials, journal);
        } catch (IOException e) {
            refused = Phrase.of("vault.credentials-closed")
                    .with("url", settings.url())
                    .with("reason", e)
                    .with("command", again(row.name(), settings));
        }
        return new OpenVault.Access(settings, row.credentials(), credentials, refused);
    }

    private @Nullable Phrase refused(
            String name, VaultSettings settings, @Nullable OssCredentials credentials, Journal journal)
            throws IOException {
        if (settings.unreadable()) {
            return Phrase.of("vault.newer-settings")
                    .with("name", name)
                    .with("command", control.command("vault", "unset", "--name", name));
        }
        String known = journal.state("url").orElse(settings.url());
        if (!VaultSettings.samePlace(known, settings.url())) {
            return Phrase.of("vault.elsewhere")
                    .with("url", settings.url())
                    .with("name", name)
                    .with("known", known)
                    .with(
                            "command",
                            control.command(
                                    name.equals(VaultRegistry.FIRST)
                                            ? new String[] {"vault", "unset"}
                                            : new String[] {"vault", "unset", "--name", name}));
        }
        if (settings.oss() != null && credentials == null) {
            Phrase without = Adoption.ordered(journal)
                    ? Phrase.of("vault.credentials-not-recovered")
                    : Phrase.of("vault.no-credentials");
            return without.with("url", settings.url()).with("command", again(name, settings));
        }
        return null;
    }

    private String again(String name, VaultSettings settings) {
        return control.command(settings.command(name).toArray(String[]::new));
    }

    /**
     * Why the first vault can only be used from a start on; null where it can be used at once. A store enters containers
     * that it does not know, and takes up a recovery, while it is opened; and an appliance decides at its start whether
     * it only reads.
     */
    private static @Nullable Phrase afterStart(VaultSettings settings, Journal journal, Served running)
            throws IOException {
        boolean late = (settings.policy().when() == VaultPolicy.When.NEVER) != running.readOnly()
                || VaultSetup.recovering(journal);
        if (!late) {
            for (int number : journal.containers().numbers()) {
                late |= !running.store().archiving().knows(number);
            }
        }
        return late ? Phrase.of("vault.from-a-start").with("url", settings.url()) : null;
    }
}
