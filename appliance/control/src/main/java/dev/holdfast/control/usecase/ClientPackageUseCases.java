package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.OrderTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.release.UpgradeOffer;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Packages of the client that the appliance offers, and upgrades of nodes to them. */
public final class ClientPackageUseCases {
    /** A part in Base64, with the rest of its request, is shorter than a large body. */
    private static final int MOST_PART_CHARACTERS = 900_000;

    private final ControlDb control;
    private final ClientPackages packages;
    private final NodeUseCases nodes;
    private final TaskUseCases tasks;
    private final AuditTrail audit;

    ClientPackageUseCases(ControlDb control, ClientPackages packages, NodeUseCases nodes, TaskUseCases tasks) {
        this.control = control;
        this.packages = packages;
        this.nodes = nodes;
        this.tasks = tasks;
        this.audit = new AuditTrail(control);
    }

    /**
     * A package.
     *
     * @param id SHA-256 of its file, in hexadecimal digits
     * @param key of the vendor that signed it, which clients check
     */
    public record PackageView(
            String id, String product, String version, String architecture, String kind, long bytes, String key) {
        static PackageView of(ReleaseSignature signature) {
            ReleasePackage about = signature.about();
            return new PackageView(
                    about.sha256(),
                    about.product(),
                    about.version().text(),
                    about.architecture(),
                    about.kind().text(),
                    about.size(),
                    signature.key());
        }
    }

    /** The newest version first. */
    public record PackageList(List<PackageView> packages) {}

    /** @param signature text of the signature file */
    public record Offer(
            @Bound(characters = ReleaseSignature.MAX_BYTES) String signature) {}

    /**
     * How much of a package has arrived.
     *
     * @param complete whether it is offered to nodes from now on
     */
    public record Arrival(String id, long received, long bytes, boolean complete) {}

    /**
     * A part of a package.
     *
     * @param offset in the file, as {@link Arrival#received} says
     * @param content in Base64
     */
    public record Part(
            long offset,
            @Bound(characters = MOST_PART_CHARACTERS) String content) {}

    /**
     * Upgrades.
     *
     * @param nodes their names
     * @param all all active nodes instead
     * @param version of a package; the newest where it is missing
     * @param dryRun only tells what would be ordered
     */
    public record Wanted(
            @Bound(characters = 255) @Nullable List<String> nodes,
            @Nullable Boolean all,
            @Bound(characters = 64) @Nullable String version,
            @Nullable Boolean dryRun) {}

    /** @param task that was ordered, or waits already; null for a dry run */
    public record NodeUpgrade(String node, @Nullable Long task, boolean already) {}

    public record Upgrades(String version, List<NodeUpgrade> upgrades) {}

    /**
     * Whether a node's client can be upgraded.
     *
     * @param state newer (than the client is a version that is offered), newest (the client's is), none (no package is offered for
     *     the node's architecture), unknown (the client has not told its version yet), too-old (to upgrade itself), inactive (the
     *     node is revoked or retired), or ordered
     * @param installed the client's version, empty where it is not known
     * @param version that is offered for it, empty where none is
     * @param task that upgrades the client, or waits to; null where there is none
     */
    public record Available(
            String state,
            String installed,
            String version,
            @Nullable Long task) {}

    /** Whether there is a newer version for a node. */
    public Available available(Actor actor, String name) throws IOException {
        actor.require(Permission.VIEW);
        Node node = nodes.find(actor, name);
        UpgradeOffer offer = UpgradeOffer.of(node, packages.list());
        String installed =
                UpgradeOffer.installed(node).map(ReleaseVersion::text).orElse("");
        ReleaseVersion version = offer.version();
        String offered = version == null ? "" : version.text();
        for (OrderTable.Order each : control.orders().open()) {
            if (each.is(TaskKind.UPGRADE) && each.node() == node.id()) {
                return new Available("ordered", installed, offered, each.id());
            }
        }
        String state = node.active() ? offer.state().text() : "inactive";
        return new Available(state, installed, offered, null);
    }

    public PackageList list(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        return new PackageList(packages.list().stream().map(PackageView::of).toList());
    }

    /** Begins to take a package, or resumes. Clients verify the signature; here it must only be one. */
    public Arrival offer(Actor actor, Offer offer) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        if (offer.signature == null) {
            throw UseCaseException.invalid(Phrase.of("client-package.no-signature"));
        }
        ReleaseSignature signature;
        try {
            signature = ReleaseSignature.parse(offer.signature);
        } catch (FormatException e) {
            throw UseCaseException.invalid(
                    Phrase.of("client-package.signature-form").with("why", e));
        }
        String id = signature.about().sha256();
        try {
            long received = packages.offer(signature);
            return new Arrival(
                    id, received, signature.about().size(), packages.find(id).isPresent());
        } catch (ClientPackages.NotTakenException e) {
            throw audit.refused(actor, "client-package add", id, UseCaseException.conflict(Phrase.why(e)));
        }
    }

    /** Takes the next part of a package; the last one is audited. */
    public Arrival append(Actor actor, String id, Part part) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(part.content == null ? "" : part.content);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.of("client-package.no-base64"));
        }
        try {
            long received = packages.append(id, part.offset, bytes);
            ReleaseSignature whole = packages.find(id).orElse(null);
            if (whole == null) {
                return new Arrival(id, received, -1, false);
            }
            audit.note(
                    actor, "client-package add", id, "allowed: " + whole.about().label());
            return new Arrival(id, received, whole.about().size(), true);
        } catch (ClientPackages.NotTakenException e) {
            throw audit.refused(actor, "client-package add", id, UseCaseException.conflict(Phrase.why(e)));
        }
    }

    /** Offers a package no more. Upgrades to it that have not begun fail. */
    public void remove(Actor actor, String id) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        if (!id.matches("[0-9a-f]{64}") || !packages.remove(id)) {
            throw audit.refused(
                    actor,
                    "client-package remove",
                    id,
                    UseCaseException.notFound(Phrase.of("client-package.none").with("package", id)));
        }
        audit.allowed(actor, "client-package remove", id);
    }

    /** Orders nodes to upgrade their clients: all that are named, or none. Each begins when its plans allow it. */
    public Upgrades upgrade(Actor actor, Wanted wanted) throws IOException {
        actor.require(Permission.NODES);
        boolean all = Boolean.TRUE.equals(wanted.all);
        List<String> names = wanted.nodes == null ? List.of() : wanted.nodes;
        if (all != names.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("client-package.no-nodes"));
        }
        ReleaseVersion version = version(wanted.version);
        List<Node> found = new ArrayList<>();
        if (all) {
            for (Node each : control.nodes().list()) {
                if (each.active() && actor.sees(each.name())) {
                    found.add(each);
                }
            }
        } else {
            for (Node each : nodes.find(actor, names)) {
                found.add(nodes.findActive(actor, each.name()));
            }
        }
        tasks.requireRoom();
        Map<Integer, Long> open = new HashMap<>();
        for (OrderTable.Order each : control.orders().open()) {
            if (each.is(TaskKind.UPGRADE)) {
                requireSame(each, version);
                open.put(each.node(), each.id());
            }
        }
        List<NodeUpgrade> upgrades = new ArrayList<>();
        for (Node each : found) {
            Long task = open.get(each.id());
            boolean already = task != null;
            if (task == null && !Boolean.TRUE.equals(wanted.dryRun)) {
                task = Orders.upgrade(control, each.id(), version, actor.text());
                audit.note(actor, "node upgrade", each.name(), "ordered version " + version + ", task " + task);
            }
            upgrades.add(new NodeUpgrade(each.name(), task, already));
        }
        return new Upgrades(version.text(), upgrades);
    }

    private void requireSame(OrderTable.Order order, ReleaseVersion version) throws UseCaseException {
        try {
            if (order.spec() instanceof TaskSpec.Upgrade(ReleaseVersion ordered) && !ordered.equals(version)) {
                throw UseCaseException.conflict(Phrase.of("client-package.other-version")
                        .with("task", order.id())
                        .with("ordered", ordered.text())
                        .with("wanted", version.text())
                        .with("command", control.command("tasks", "cancel", "" + order.id())));
            }
        } catch (TaskSpecException e) {
            throw UseCaseException.conflict(Phrase.of("client-package.order-unreadable")
                    .with("task", order.id())
                    .with("why", e));
        }
    }

    private ReleaseVersion version(@Nullable String text) throws IOException {
        ReleaseVersion newest = packages.newest()
                .orElseThrow(() -> UseCaseException.conflict(Phrase.of("client-package.none-offered")
                        .with("command", control.command("client-package", "add", "FILE"))));
        if (text == null || text.isEmpty()) {
            return newest;
        }
        ReleaseVersion named;
        try {
            named = new ReleaseVersion(text);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        if (packages.of(named).isEmpty()) {
            throw UseCaseException.notFound(Phrase.of("client-package.no-version")
                    .with("version", named.text())
                    .with("command", control.command("client-package", "list")));
        }
        return named;
    }
}
