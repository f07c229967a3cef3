package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Has a running appliance use its vaults as they are configured: looks once a second, opens what is new, uses what opens a
 * vault now, and closes what is gone. One thread does all of it, one vault after the other.
 */
final class VaultKeeper {
    private static final System.Logger LOG = System.getLogger(VaultKeeper.class.getName());
    private static final long LOOK_MILLIS = 1000;
    private static final Duration RETRY = Duration.ofMinutes(1);

    private final OpenVaults vaults;
    private final VaultOpening opening;
    private final Served served;
    private final ControlDb control;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("vaults").factory());

    /** Out of the list, and still in use. */
    private final List<OpenVault> leaving = new ArrayList<>();

    /** When to try again to open what could not be opened. */
    private final Map<String, Interval> failed = new HashMap<>();

    private volatile boolean ending;

    VaultKeeper(OpenVaults vaults, VaultOpening opening, Served served) {
        this.vaults = vaults;
        this.opening = opening;
        this.served = served;
        this.control = opening.control();
    }

    /** Serves what was opened before, and begins to look. */
    void start() throws IOException {
        // What was refused before is tried again now, and told again where it still is refused.
        control.events().close(EventKinds.VAULT_REFUSED, null);
        for (OpenVault each : vaults.list()) {
            serve(each);
        }
        var _ = thread.scheduleWithFixedDelay(this::lookOn, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void lookOn() {
        try {
            look();
        } catch (IOException | RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "the configuration of the vaults could not be followed", e);
        }
    }

    private void look() throws IOException {
        List<VaultRow> rows = opening.rows();
        Set<String> configured = rows.stream().map(VaultRow::name).collect(Collectors.toCollection(HashSet::new));
        for (OpenVault each : List.copyOf(leaving)) {
            if (!ending && each.leave()) {
                leaving.remove(each);
            }
        }
        for (OpenVault each : vaults.list()) {
            if (!ending && !configured.contains(each.name()) && leave(each)) {
                forget(each);
            }
        }
        for (VaultRow row : rows) {
            if (!ending) {
                follow(row);
            }
        }
    }

    private void follow(VaultRow row) throws IOException {
        Optional<OpenVault> known = vaults.find(row.name());
        if (known.isPresent()) {
            if (!known.get().access().isOf(row)) {
                change(known.get(), row);
            }
            return;
        }
        Interval retry = failed.get(row.name());
        if (!isLeaving(row.name()) && (retry == null || retry.passed())) {
            join(row);
        }
    }

    private boolean isLeaving(String name) {
        return leaving.stream().anyMatch(each -> each.name().equals(name));
    }

    private void change(OpenVault vault, VaultRow row) throws IOException {
        OpenVault.Access now = opening.access(row, vault.journal());
        if (vault.refused() == null && now.refused() == null) {
            vault.renew(now);
            LOG.log(System.Logger.Level.INFO, "vault " + vault.name() + " is used as it is configured now");
        } else if (leave(vault)) {
            join(row);
        }
    }

    private void join(VaultRow row) throws IOException {
        OpenVault vault = null;
        try {
            vault = opening.open(row, served);
            vaults.add(vault);
            serve(vault);
            failed.remove(row.name());
            LOG.log(System.Logger.Level.INFO, "vault " + row.name() + " was opened");
        } catch (IOException | RuntimeException e) {
            failed.put(row.name(), Interval.begun(RETRY));
            LOG.log(System.Logger.Level.ERROR, "vault " + row.name() + " could not be opened", e);
            if (vault != null) {
                leave(vault);
            }
            new VaultStatus(control, row.name()).error(Phrase.why(e));
        }
    }

    private void serve(OpenVault vault) throws IOException {
        Phrase reason = vault.refused();
        if (reason == null) {
            vault.serve(new VaultService(vault, vaults, served));
            if (ending) {
                vault.endService();
            }
            return;
        }
        LOG.log(System.Logger.Level.ERROR, "vault " + vault.name() + ": " + reason);
        control.events().raise(Events.Severity.ALERT, EventKinds.VAULT_REFUSED, null, reason);
        new VaultStatus(control, vault.name()).refuse(reason);
    }

    /** Takes a vault out of use. Returns false if a use does not end in time; the vault is then closed later. */
    private boolean leave(OpenVault vault) throws IOException {
        vaults.remove(vault);
        Phrase reason = vault.refused();
        if (reason != null) {
            control.events().close(EventKinds.VAULT_REFUSED, null, reason.english());
        }
        if (vault.leave()) {
            LOG.log(System.Logger.Level.INFO, "vault " + vault.name() + " was closed");
            return true;
        }
        leaving.add(vault);
        new VaultStatus(control, vault.name()).finish("closing");
        return false;
    }

    /** Nothing that was told of it is of use any more. */
    private void forget(OpenVault vault) throws IOException {
        VaultService service = vault.service();
        if (service != null) {
            service.forget();
        }
        control.status().clear(vault.name() + ".");
    }

    /**
     * Makes a change while a vault is not open, and then goes by the configuration again.
     *
     * @throws UseCaseException if a use of the vault does not end in time; then nothing was changed
     */
    <T> T without(String name, Refusals.Work<T> change) throws IOException {
        return inTurn(() -> {
            Optional<OpenVault> vault = vaults.find(name);
            if (isLeaving(name) || vault.isPresent() && !leave(vault.get())) {
                throw UseCaseException.unavailable(Phrase.of("vault.still-used").with("vault", name));
            }
            try {
                T changed = change.run();
                if (vault.isPresent() && control.vaults().find(name).isEmpty()) {
                    forget(vault.get());
                }
                return changed;
            } finally {
                lookOn();
            }
        });
    }

    private <T> T inTurn(Callable<T> work) throws IOException {
        try {
            return thread.submit(work).get();
        } catch (RejectedExecutionException e) {
            throw new IOException("the appliance stops", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case null, default -> throw new IOException(e.getCause());
            }
        }
    }

    /** Opens nothing from now on, and tells all services to end; returns at once. */
    void end() {
        ending = true;
        thread.shutdown();
        vaults.list().forEach(OpenVault::endService);
    }

    /** Waits until what it does is done, after {@link #end}. */
    void ended(Duration patience) {
        try {
            if (!thread.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
