package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.access.SecondFactors;
import dev.holdfast.control.access.SignedIn;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;

/** Sessions of people: signing in and out, proofs, passwords and second factors of one's own. */
public final class SessionUseCases {
    private final Access access;
    private final AuditTrail audit;

    SessionUseCases(ControlDb control, Access access) {
        this.access = access;
        this.audit = new AuditTrail(control);
    }

    /** @param address that the caller has, for limits on guessing */
    public SignedIn signIn(String user, String password, String code, String address) throws IOException {
        SignedIn signed = access.passwordSignIn().signIn(user, password, code, address);
        access.sessions().forgetOld();
        return signed;
    }

    /** @param secret of the session */
    public void signOut(Actor actor, String secret) throws IOException {
        access.sessions().end(secret);
        audit.allowed(actor, "sign out", "");
    }

    /** Proves again who is signed in, before what cannot be undone. */
    public void prove(String secret, String password, String code, String address) throws IOException {
        access.passwordSignIn().proveAgain(secret, password, code, address);
    }

    /**
     * Has the holder of a session prove who he is, however lately he did: before acts that take away the last way to all data.
     * A user of the OpenID provider must have come from there within the last two minutes.
     *
     * @param secret of the session
     */
    public void proveNow(Principal principal, String secret, String password, String code, String address)
            throws IOException {
        if (access.users().isOfProvider(principal.user())) {
            if (!access.sessions().justProved(principal)) {
                throw audit.refused(
                        Actor.of(principal),
                        "prove again",
                        "",
                        UseCaseException.forbidden(Phrase.of("session.prove-at-provider")));
            }
            audit.note(Actor.of(principal), "prove again", "", "allowed by the OpenID provider");
            return;
        }
        if (password.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("session.prove"));
        }
        access.passwordSignIn().proveAgain(secret, password, code, address);
    }

    /** Changes one's own password, and ends all one's sessions. */
    public void setPassword(Principal principal, String password) throws IOException {
        access.users().setPassword(principal.user(), password);
        audit.note(Actor.of(principal), "password", principal.user(), "changed; all sessions ended");
    }

    public SecondFactors.Offer offerSecondFactor(Principal principal) throws IOException {
        return access.secondFactors().offer(principal.user());
    }

    public void confirmSecondFactor(Principal principal, String sealed, String code) throws IOException {
        access.secondFactors().confirm(principal.user(), sealed, code);
        audit.note(Actor.of(principal), "second factor", principal.user(), "set");
    }
}
