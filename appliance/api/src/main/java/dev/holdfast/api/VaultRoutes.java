package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultState;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Vaults: how far they are, what goes there and when, what it costs, and how to get it back without the appliance. */
final class VaultRoutes {
    private static final int AUDITED_CHARACTERS = 4000;

    private final Backend backend;
    private final ControlDb control;

    VaultRoutes(Backend backend) {
        this.backend = backend;
        this.control = backend.control();
    }

    /** @param monthlyCost of what is stored, by class, at the prices of the settings; requests and traffic not counted */
    record Vault(VaultState state, VaultPolicy policy, String region, Map<String, Double> monthlyCost) {}

    record VaultList(List<Vault> vaults, Prices prices) {}

    record Passphrase(@Nullable String passphrase) {}

    /** What is needed to get everything back on another machine. The key is told this once. */
    record RecoverySheet(String recoveryKey, Instant at, String appliance, List<Place> vaults) {}

    /** @param root the newest when the sheet was made: an older one found later is a warning */
    record Place(String name, String url, String region, long root) {}

    List<Route> routes() {
        return List.of(
                Route.get("/vaults", Permission.VIEW, "Vaults and how far they are", VaultList.class, this::list),
                Route.put(
                                "/vaults/{name}/policy",
                                Permission.VAULTS,
                                "Changes what goes to a vault, when and how; counts at once, for the class of new containers and parallelParts from the next start",
                                VaultPolicy.class,
                                this::policy)
                        .proven(),
                Route.post(
                        "/vaults/{name}/upload",
                        Permission.VAULTS,
                        "Asks for an upload at once",
                        Void.class,
                        Void.class,
                        this::upload),
                Route.put("/prices", Permission.SETTINGS, "Sets what storage costs", Prices.class, this::price),
                Route.post(
                                "/recovery-key",
                                Permission.SETTINGS,
                                "Makes a new recovery key, which replaces the one before, and the sheet to be printed",
                                Passphrase.class,
                                RecoverySheet.class,
                                this::recoveryKey)
                        .proven());
    }

    private VaultSettings settings(String name) throws IOException {
        return VaultSettings.parse(control.vaults()
                .find(name)
                .orElseThrow(() -> Problem.notFound("there is no vault '" + name + "'"))
                .settings());
    }

    private static String region(VaultSettings settings) {
        var oss = settings.oss();
        return oss == null ? "" : oss.region();
    }

    private Object list(Call call) throws IOException {
        Prices prices = Prices.of(control);
        List<Vault> vaults = new ArrayList<>();
        for (VaultState each : VaultState.all(control, true)) {
            VaultSettings settings = settings(each.name());
            if (!call.principal().seesAll()) {
                ofSome(call, each, settings.policy()).ifPresent(vaults::add);
                continue;
            }
            Map<String, Double> cost = new HashMap<>();
            if (settings.oss() != null) {
                each.classes().forEach((kept, bytes) -> cost.put(kept, prices.month(kept, bytes)));
            }
            vaults.add(new Vault(each, settings.policy(), region(settings), cost));
        }
        return new VaultList(vaults, prices);
    }

    /** For a user who sees some nodes only: how far those are, in vaults that have any; nothing of the rest. */
    private static Optional<Vault> ofSome(Call call, VaultState it, VaultPolicy policy) {
        List<VaultState.OfNode> nodes = it.nodes().stream()
                .filter(each -> call.principal().sees(each.node()))
                .toList();
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

    private Object policy(Call call) throws IOException {
        String name = call.path("name");
        VaultSettings settings = settings(name);
        VaultPolicy wanted = call.body(VaultPolicy.class);
        if ((wanted.when() == VaultPolicy.When.NEVER) != (settings.policy().when() == VaultPolicy.When.NEVER)) {
            throw Problem.invalid("whether an appliance only reads its vault is decided when it is recovered");
        }
        wanted.check(name);
        control.vaults()
                .put(
                        name,
                        new VaultSettings(settings.file(), settings.oss(), wanted).json(),
                        control.vaults().find(name).orElseThrow().credentials());
        control.audit()
                .append(
                        call.actor(),
                        "vault set",
                        name,
                        Call.cut(Call.JSON.writeValueAsString(wanted), AUDITED_CHARACTERS));
        return Route.DONE;
    }

    private Object upload(Call call) throws IOException {
        String name = call.path("name");
        settings(name);
        control.vaults().requestUpload(name);
        control.audit().append(call.actor(), "vault upload", name, "asked for");
        return Route.DONE;
    }

    private Object price(Call call) throws IOException {
        Prices wanted = call.body(Prices.class);
        if (wanted.currency() == null
                || !wanted.currency().matches("[A-Z]{3}")
                || !valid(wanted.perGibMonth())
                || wanted.perGibRetrieval() != null && !valid(wanted.perGibRetrieval())) {
            throw Problem.invalid("prices have a currency of three letters, and no price below 0");
        }
        wanted.store(control);
        control.audit().append(call.actor(), "prices", "", Call.JSON.writeValueAsString(wanted));
        return Route.DONE;
    }

    private static boolean valid(@Nullable Map<String, Double> prices) {
        return prices != null
                && prices.size() <= 20
                && prices.values().stream().noneMatch(each -> each == null || !(each >= 0 && each < 1e6));
    }

    private Object recoveryKey(Call call) throws IOException {
        String passphrase = call.body(Passphrase.class).passphrase;
        // All that may fail comes before: the key that is replaced does not open the keyring any more.
        List<Place> places = new ArrayList<>();
        for (VaultState each : VaultState.all(control, true)) {
            places.add(new Place(each.name(), each.url(), region(settings(each.name())), each.root()));
        }
        String host = dev.holdfast.protocol.cli.HostName.own();
        control.audit().append(call.actor(), "recovery key", "", "asked for a new one");
        String key;
        try {
            key = backend.newRecoveryKey().make(passphrase);
        } catch (IOException e) {
            control.audit().append(call.actor(), "recovery key", "", "refused: " + e.getMessage());
            throw Problem.conflict(String.valueOf(e.getMessage()));
        }
        return new RecoverySheet(key, Instant.now(), host, places);
    }
}
