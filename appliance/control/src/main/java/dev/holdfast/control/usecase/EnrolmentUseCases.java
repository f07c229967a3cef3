package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeTags;
import dev.holdfast.control.db.TokenTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tokens that enrol machines. */
public final class EnrolmentUseCases {
    private static final long MOST_MINUTES = 7L * 24 * 60;
    private static final int MOST_RESTORED = 100;
    private static final int MOST_AUDITED = 400;

    private final ControlDb control;
    private final NodeUseCases nodes;
    private final X509Certificate authority;
    private final AuditTrail audit;

    /** @param authority the certificate of the appliance's authority, which tokens name */
    EnrolmentUseCases(ControlDb control, NodeUseCases nodes, X509Certificate authority) {
        this.control = control;
        this.nodes = nodes;
        this.authority = authority;
        this.audit = new AuditTrail(control);
    }

    /**
     * @param node an existing node that gets a new certificate; empty for a new one
     * @param tags of the new node; null for none
     * @param restores nodes whose snapshots the machine may restore until a week after it enrols, without becoming a node; null for
     *     none
     */
    public record WantedToken(
            long validMinutes,
            @Bound(characters = 255) @Nullable String node,

            @Bound(characters = 255, items = MOST_RESTORED) @Nullable
            List<String> restores,

            @Bound(characters = 100, items = NodeTags.MOST) @Nullable
            List<String> tags) {}

    /**
     * @param id by which lists name it; no secret
     * @param text what the machine enrols with, told this once
     */
    public record Token(String id, String text, String caFingerprint, Instant expiresAt) {}

    /**
     * A token that was made and not used yet.
     *
     * @param node that gets a new certificate; empty where the token makes a new node, or only restores
     * @param restores nodes whose snapshots a machine may restore by it; empty where it enrols as a node
     * @param used whether a machine restores by it already
     * @param createdBy empty where an earlier release made it
     * @param expiresAt when it can be used no more; where it is used, when its access ends
     */
    public record EnrolmentToken(
            String id,
            String node,
            List<String> restores,
            boolean used,
            String createdBy,
            Instant createdAt,
            Instant expiresAt) {}

    public record EnrolmentTokenList(List<EnrolmentToken> tokens) {}

    /** Makes a one-time token that enrols a machine, or gives an existing node a new certificate. */
    public Token create(Actor actor, WantedToken wanted) throws IOException {
        actor.require(Permission.ENROL);
        if (wanted.validMinutes < 1 || wanted.validMinutes > MOST_MINUTES) {
            throw UseCaseException.invalid(Phrase.of("enrolment.validity").with("most", MOST_MINUTES));
        }
        if (wanted.restores != null && !wanted.restores.isEmpty()) {
            return restoring(actor, wanted, wanted.restores);
        }
        String node = wanted.node == null ? "" : wanted.node;
        List<String> tags = NodeTags.stored(wanted.tags == null ? List.of() : wanted.tags);
        if (!node.isEmpty() && !tags.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("enrolment.tags-of-old").with("node", node));
        }
        if (!actor.seesAll() && node.isEmpty()) {
            throw UseCaseException.forbidden(Phrase.of("enrolment.some-nodes"));
        }
        if (!node.isEmpty() && actor.way() == Actor.Way.TOKEN) {
            // It would let a program take over a node whose data is there already.
            throw UseCaseException.forbidden(Phrase.of("enrolment.by-token"));
        }
        Integer id = node.isEmpty() ? null : nodes.find(actor, node).id();
        if (!node.isEmpty() && !actor.may(Permission.RESTORE)) {
            // The certificate of a node gives access to its snapshots.
            throw UseCaseException.forbidden(Phrase.of("enrolment.no-restore"));
        }
        if (id != null) {
            NodeLifeUseCases.requireNotBeingRemoved(control, nodes.find(actor, node));
        }
        return add(actor, wanted, new TokenTable.For(id, tags, List.of()), node.isEmpty() ? "" : " for " + node);
    }

    /** A token by which a machine only restores: it shows the snapshots, so it takes the right to restore. */
    private Token restoring(Actor actor, WantedToken wanted, List<String> names) throws IOException {
        if (wanted.node != null && !wanted.node.isEmpty() || wanted.tags != null && !wanted.tags.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("enrolment.restores-alone"));
        }
        if (actor.way() == Actor.Way.TOKEN) {
            throw UseCaseException.forbidden(Phrase.of("enrolment.by-token"));
        }
        if (!actor.may(Permission.RESTORE)) {
            throw UseCaseException.forbidden(Phrase.of("enrolment.restores-right"));
        }
        List<Node> restored = nodes.find(actor, names);
        for (Node each : restored) {
            NodeLifeUseCases.requireNotBeingRemoved(control, each);
        }
        return add(
                actor,
                wanted,
                new TokenTable.For(
                        null, List.of(), restored.stream().map(Node::id).toList()),
                " to restore " + AuditTrail.cut(String.join(", ", names), MOST_AUDITED));
    }

    private Token add(Actor actor, WantedToken wanted, TokenTable.For use, String audited) throws IOException {
        String fingerprint = Authority.fingerprint(authority);
        Authority.Token token =
                use.restores().isEmpty() ? Authority.newToken(fingerprint) : Authority.newRestoreToken(fingerprint);
        Duration validity = Duration.ofMinutes(wanted.validMinutes);
        String shown = control.tokens().add(token.secret(), validity, use, actor.text());
        audit.allowed(actor, "token create", shown + audited);
        return new Token(shown, token.text(), token.fingerprint(), Instant.now().plus(validity));
    }

    /** Tokens that machines may still enrol with. */
    public EnrolmentTokenList list(Actor actor) throws IOException {
        actor.require(Permission.ENROL);
        return new EnrolmentTokenList(control.tokens().open().stream()
                .filter(each -> sees(actor, each))
                .map(each -> new EnrolmentToken(
                        each.id(),
                        each.node() == null ? "" : each.node(),
                        each.restores(),
                        each.used(),
                        each.by(),
                        each.createdAt(),
                        each.expiresAt()))
                .toList());
    }

    private static boolean sees(Actor actor, TokenTable.Open token) {
        String node = token.node();
        if (!token.restores().isEmpty()) {
            return token.restores().stream().allMatch(actor::sees);
        }
        return node == null ? actor.seesAll() : actor.sees(node);
    }

    /** Takes a token back before a machine uses it. */
    public void revoke(Actor actor, String id) throws IOException {
        actor.require(Permission.ENROL);
        List<TokenTable.Open> open = control.tokens().open();
        if (open.stream().noneMatch(each -> each.id().equals(id) && sees(actor, each))
                || !control.tokens().revoke(id)) {
            throw audit.refused(
                    actor,
                    "token revoke",
                    AuditTrail.cut(id, TokenTable.ID_DIGITS),
                    UseCaseException.notFound(Phrase.of("enrolment.no-token").with("token", id)));
        }
        audit.allowed(actor, "token revoke", id);
    }
}
