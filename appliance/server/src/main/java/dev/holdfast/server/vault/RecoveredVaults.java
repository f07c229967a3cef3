package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.recover.Adoption;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a recovery makes of the vaults that the lost appliance had: the one that it is recovered from becomes the first,
 * with the rules it had; copies are set again and taken over, once their credentials are given.
 */
public final class RecoveredVaults {
    private RecoveredVaults() {}

    /**
     * Sets them. Cut off, it is run again.
     *
     * @param data the data directory
     * @param control the lost appliance's control database
     * @param from the vault that is recovered from; its policy counts where the appliance only reads it
     * @return what became of the others, in words, with the next step for each
     */
    public static List<String> set(
            Path data, ControlDb control, VaultKeys keys, VaultSettings from, @Nullable OssCredentials credentials)
            throws IOException {
        boolean readOnly = from.policy().when() == VaultPolicy.When.NEVER;
        List<String> notes = new ArrayList<>();
        VaultPolicy policy = null;
        VaultPolicy firsts = null;
        for (VaultRow row : control.vaults().list()) {
            VaultSettings settings = VaultSettings.readable(row.settings());
            boolean first = row.name().equals(VaultRegistry.FIRST);
            boolean same = VaultSettings.samePlace(settings.url(), from.url());
            if (same) {
                policy = settings.policy();
            } else if (first) {
                firsts = settings.policy();
                notes.add(readOnly ? onlyRead(row.name(), settings) : former(control, settings));
            } else if (readOnly || settings.unreadable()) {
                notes.add(settings.unreadable() ? unreadable(row.name()) : onlyRead(row.name(), settings));
            } else {
                copy(data, row.name(), settings);
                boolean ready = settings.oss() == null || row.credentials() != null;
                notes.add("copy '" + row.name() + "' at " + settings.url()
                        + (ready
                                ? " is set as before; the appliance takes it over at its start and uploads only what is missing"
                                : " is set as before, but its credentials do not come back. To give them: "
                                        + control.command(
                                                settings.command(row.name()).toArray(String[]::new))));
            }
            if (!first && (same || readOnly || settings.unreadable())) {
                control.vaults().remove(row.name());
            }
        }
        VaultPolicy kept = policy != null ? policy : firsts;
        if (!readOnly && kept != null && kept.when() != VaultPolicy.When.NEVER && policy == null) {
            notes.add(from.url() + " goes by the rules of the lost appliance's first vault");
        }
        VaultSettings settings = readOnly || kept == null || kept.when() == VaultPolicy.When.NEVER
                ? from
                : new VaultSettings(from.file(), from.oss(), kept);
        if (!settings.policy().nodes().isEmpty()) {
            notes.add(from.url() + " takes only nodes " + settings.policy().nodes()
                    + ", as it did before; it is the appliance's first vault now. To change that: "
                    + control.command("vault", "set", "--help"));
        }
        control.vaults().put(VaultRegistry.FIRST, settings.json(), Credentials.seal(keys, credentials));
        return notes;
    }

    private static void copy(Path data, String name, VaultSettings settings) throws IOException {
        try (Journal journal = new Journal(VaultData.journal(data, name))) {
            if (journal.state("url").isEmpty()) {
                journal.setState("url", settings.url());
                Adoption.order(journal);
            }
        }
    }

    /** Where it is still there, it can be a copy from now on. */
    private static String former(ControlDb control, VaultSettings settings) {
        return "the lost appliance's first vault was at " + settings.url()
                + " and is not set now. Where it is still there, it becomes a copy by: "
                + control.command(settings.withoutEviction().command("former").toArray(String[]::new));
    }

    private static String onlyRead(String name, VaultSettings settings) {
        return "vault '" + name + "' at " + settings.url()
                + " is not set: this appliance only reads, and leaves it to the appliance that writes to it";
    }

    private static String unreadable(String name) {
        return "vault '" + name + "' is not set: a newer release made its settings; set it with that release";
    }
}
