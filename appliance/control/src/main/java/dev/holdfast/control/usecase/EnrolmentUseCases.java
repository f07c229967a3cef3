package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
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
     */
    public record WantedToken(
            long validMinutes,
            @Bound(characters = 255) @Nullable String node,

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
     * @param node that gets a new certificate; empty where the token makes a new node
     * @param createdBy empty where an earlier release made it
     */
    public record EnrolmentToken(String id, String node, String createdBy, Instant createdAt, Instant expiresAt) {}

    public record EnrolmentTokenList(List<EnrolmentToken> tokens) {}

    /** Makes a one-time token that enrols a machine, or gives an existing node a new certificate. */
    public Token create(Actor actor, WantedToken wanted) throws IOException {
        actor.require(Permission.ENROL);
        if (wanted.validMinutes < 1 || wanted.validMinutes > MOST_MINUTES) {
            throw UseCaseException.invalid(Phrase.of("enrolment.validity").with("most", MOST_MINUTES));
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
        Authority.Token token = Authority.newToken(Authority.fingerprint(authority));
        Duration validity = Duration.ofMinutes(wanted.validMinutes);
        String shown = control.tokens().add(token.secret(), validity, id, actor.text(), tags);
        audit.allowed(actor, "token create", node.isEmpty() ? shown : shown + " for " + node);
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
                        each.by(),
                        each.createdAt(),
                        each.expiresAt()))
                .toList());
    }

    private static boolean sees(Actor actor, TokenTable.Open token) {
        String node = token.node();
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
