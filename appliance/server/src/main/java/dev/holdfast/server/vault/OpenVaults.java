package dev.holdfast.server.vault;

import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.remote.VaultContainers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The vaults that are open, the first one first. Read by many threads, and changed by one: whoever reads sees one list, of
 * which a vault may be closed meanwhile; see {@link OpenVault#use}.
 */
final class OpenVaults {
    private final LiveArchive archive;
    private volatile List<OpenVault> list = List.of();

    OpenVaults(Path data, VaultKeys keys) throws IOException {
        archive = new LiveArchive(data, keys);
    }

    List<OpenVault> list() {
        return list;
    }

    Optional<OpenVault> find(String name) {
        return list.stream().filter(each -> each.name().equals(name)).findFirst();
    }

    /** The one in which containers may lie alone; empty where it is not set. */
    Optional<OpenVault> first() {
        return list.stream().filter(OpenVault::first).findFirst();
    }

    void add(OpenVault vault) throws IOException {
        List<OpenVault> more = new ArrayList<>(list);
        more.add(vault);
        more.sort(Comparator.comparing(each -> !each.first()));
        change(more);
    }

    void remove(OpenVault vault) throws IOException {
        change(list.stream().filter(each -> !each.equals(vault)).toList());
    }

    private void change(List<OpenVault> now) throws IOException {
        archive.readFrom(now);
        list = List.copyOf(now);
    }

    ContainerArchive archive() {
        return archive;
    }

    /** What reads containers of the first vault; null for a copy. */
    @Nullable
    VaultContainers containersOf(OpenVault vault) {
        return vault.first() ? archive.containers() : null;
    }

    /** The journals of all others than this one, the first one's first; none of them is closed before this is. */
    Journals others(OpenVault vault) {
        return new Journals(list.stream()
                .filter(each -> !each.equals(vault) && each.begin())
                .toList());
    }

    /** Journals that are in use. */
    record Journals(List<OpenVault> vaults) implements AutoCloseable {
        List<Journal> list() {
            return vaults.stream().map(OpenVault::journal).toList();
        }

        @Override
        public void close() {
            vaults.forEach(OpenVault::end);
        }
    }

    /** Closes all vaults even if they are in use. */
    void close() throws IOException {
        archive.close();
        for (OpenVault each : list) {
            each.close();
        }
    }
}
