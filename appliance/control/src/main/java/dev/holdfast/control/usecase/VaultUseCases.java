package dev.holdfast.control.usecase;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Vaults: how far they are, what goes there and when, and what it costs. */
public final class VaultUseCases {
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());

    private final ControlDb control;
    private final Engine engine;
    private final AuditTrail audit;

    VaultUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
        this.audit = new AuditTrail(control);
    }

    /** @param monthlyCost of what is stored, by class, at the prices of the settings; requests and traffic not counted */
    public record Vault(VaultState state, VaultPolicy policy, String region, Map<String, Double> monthlyCost) {}

    public record VaultList(List<Vault> vaults, Prices prices) {}

    /**
     * An upload that was requested.
     *
     * @param requested to be given to ask how far it is
     * @param running whether an appliance runs that does it now
     */
    public record Requested(String vault, long requested, boolean running) {}

    /**
     * How far an upload is.
     *
     * @param error why it failed, empty where it did not
     * @param root the newest in the vault
     */
    public record Progress(boolean done, String progress, String error, long root) {}

    /** @param bytes to be freed, missing for all that is in the vault */
    public record Eviction(@Nullable Long bytes) {}

    public record Evicted(boolean done, long bytes) {}

    private VaultSettings settings(String name) throws IOException {
        Optional<VaultRow> row = control.vaults().find(name);
        if (row.isEmpty()) {
            throw noVault(control, name);
        }
        return VaultSettings.parse(row.get().settings());
    }

    static UseCaseException noVault(ControlDb control, String name) throws IOException {
        return UseCaseException.notFound(
                control.vaults().list().isEmpty()
                        ? Phrase.of("vault.none")
                        : Phrase.of("vault.unknown").with("vault", name));
    }

    static UseCaseException readOnlyStays() {
        return UseCaseException.invalid(Phrase.of("vault.read-only-stays"));
    }

    public VaultList list(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        Prices prices = Prices.of(control);
        List<Vault> vaults = new ArrayList<>();
        for (VaultState each : VaultState.all(control, engine.running())) {
            Optional<VaultRow> row = control.vaults().find(each.name());
            if (row.isEmpty()) {
                // Removed at this moment.
                continue;
            }
            VaultSettings settings = VaultSettings.parse(row.get().settings());
            if (!actor.seesAll()) {
                ofSome(actor, each, settings.policy()).ifPresent(vaults::add);
                continue;
            }
            Map<String, Double> cost = new HashMap<>();
            if (settings.oss() != null) {
                each.classes().forEach((kept, bytes) -> cost.put(kept, prices.month(kept, bytes)));
            }
            vaults.add(new Vault(each, settings.policy(), settings.region(), cost));
        }
        return new VaultList(vaults, prices);
    }

    /** For a user who sees some nodes only: how far those are, in vaults that have any; nothing of the rest. */
    private static Optional<Vault> ofSome(Actor actor, VaultState it, VaultPolicy policy) {
        List<VaultState.OfNode> nodes =
                it.nodes().stream().filter(each -> actor.sees(each.node())).toList();
        if (nodes.isEmpty()) {
            return Optional.empty();
        }
        long behind = nodes.stream().mapToLong(VaultState.OfNode::behind).sum();
        long rpo = nodes.stream().mapToLong(VaultState.OfNode::rpoSeconds).max().orElse(0);
        long backlog = nodes.stream().mapToLong(VaultState.OfNode::bytesBehind).sum();
        VaultState state = new VaultState(
                it.name(),
                "",
                it.when(),
                it.state(),
                "",
                null,
                behind,
                rpo,
                backlog,
                null,
                0,
                0,
                0,
                0,
                it.lastSuccess(),
                "",
                null,
                nodes,
                Map.of(),
                it.counted());
        VaultPolicy shown = new VaultPolicy(
                policy.when(),
                policy.windows(),
                policy.bandwidth(),
                policy.leastAgeSeconds(),
                // Patterns may name others; these are the nodes that they come to here.
                nodes.stream().map(VaultState.OfNode::node).toList(),
                policy.keepDays(),
                policy.containerClass(),
                policy.colder(),
                policy.parallelParts(),
                policy.evictAbove());
        return Optional.of(new Vault(state, shown, "", Map.of()));
    }

    /** Changes what goes to a vault, when and how. Takes effect at once. */
    public void setPolicy(Actor actor, String name, VaultPolicy wanted) throws IOException {
        actor.require(Permission.VAULTS);
        VaultSettings settings = settings(name);
        if ((wanted.when() == VaultPolicy.When.NEVER) != (settings.policy().when() == VaultPolicy.When.NEVER)) {
            throw readOnlyStays();
        }
        try {
            wanted.check(name);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        control.vaults()
                .put(
                        name,
                        new VaultSettings(settings.file(), settings.oss(), wanted).json(),
                        control.vaults().find(name).orElseThrow().credentials());
        audit.note(actor, "vault set", name, JSON.writeValueAsString(wanted));
    }

    /** Asks for an upload at once; where no appliance runs, at its start. */
    public Requested upload(Actor actor, String name) throws IOException {
        actor.require(Permission.VAULTS);
        settings(name);
        long request = control.vaults().requestUpload(name);
        audit.note(actor, "vault upload", name, "requested");
        return new Requested(name, request, engine.running());
    }

    /** How far an upload is that was requested. */
    public Progress progress(Actor actor, String name, long requested) throws IOException {
        actor.require(Permission.VIEW);
        settings(name);
        // First: a request that is struck has its outcome in the status. After a restart, only this tells that it was
        // handled.
        boolean struck = control.vaults().find(name).map(VaultRow::requested).orElse(0L) == 0;
        Map<String, String> values = control.status().all();
        boolean handled = struck || Long.parseLong(values.getOrDefault(name + ".handled", "0")) >= requested;
        return new Progress(
                handled,
                actor.seesAll() ? values.getOrDefault(name + ".progress", "") : "",
                handled ? values.getOrDefault(name + ".error", "") : "",
                Long.parseLong(values.getOrDefault(name + ".root", "0")));
    }

    /**
     * Frees room on the volumes: containers that are in the first vault leave them.
     *
     * @param wanted how many bytes; null for all
     */
    public void evict(Actor actor, Eviction wanted) throws IOException {
        actor.require(Permission.VAULTS);
        actor.requireAllNodes();
        settings(VaultRegistry.FIRST);
        long bytes = wanted.bytes == null ? Long.MAX_VALUE : wanted.bytes;
        if (bytes <= 0) {
            throw UseCaseException.invalid(Phrase.of("vault.evict-bytes"));
        }
        if (!engine.running()) {
            throw UseCaseException.notRunning(Phrase.of("vault.evict-not-running"));
        }
        control.vaults().requestEviction(VaultRegistry.FIRST, bytes);
        audit.note(
                actor,
                "vault evict",
                VaultRegistry.FIRST,
                "requested " + (wanted.bytes == null ? "all" : bytes + " bytes"));
    }

    /** How far the eviction is that was requested last. */
    public Evicted evicted(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        settings(VaultRegistry.FIRST);
        boolean done = control.vaults().list().stream().allMatch(vault -> vault.evict() == 0);
        return new Evicted(done, Long.parseLong(control.status().all().getOrDefault("vault.evicted", "0")));
    }

    public void setPrices(Actor actor, Prices wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        if (wanted.currency() == null
                || !wanted.currency().matches("[A-Z]{3}")
                || !valid(wanted.perGibMonth())
                || wanted.perGibRetrieval() != null && !valid(wanted.perGibRetrieval())) {
            throw UseCaseException.invalid(Phrase.of("settings.prices"));
        }
        wanted.store(control);
        audit.note(actor, "prices", "", JSON.writeValueAsString(wanted));
    }

    private static boolean valid(@Nullable Map<String, Double> prices) {
        return prices != null
                && prices.size() <= 20
                && prices.values().stream().noneMatch(each -> each == null || !(each >= 0 && each < 1e6));
    }
}
