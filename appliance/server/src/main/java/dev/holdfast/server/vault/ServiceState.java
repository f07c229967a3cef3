package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What the jobs of a vault's service have in common: the vault's policy as it is now, whether uploads were refused, and
 * when a failure is tried again. Changed by the service's thread, but for {@link #close} and {@link #renew}.
 */
final class ServiceState {
    private static final System.Logger LOG = System.getLogger(ServiceState.class.getName());
    static final long RETRY_MILLIS = 60_000;

    private final OpenVault vault;
    private final ControlDb control;
    private final VaultStatus status;
    private volatile VaultPolicy policy;
    private volatile boolean closing;
    private final AtomicBoolean renewed = new AtomicBoolean();
    private String setting;
    private @Nullable String refused;
    private long retryAt;
    private long handled;

    ServiceState(OpenVault vault, ControlDb control, VaultStatus status) throws IOException {
        this.vault = vault;
        this.control = control;
        this.status = status;
        this.policy = vault.settings().policy();
        this.setting = VaultSetup.setting(vault.journal());
    }

    OpenVault vault() {
        return vault;
    }

    String url() {
        return vault.settings().url();
    }

    ControlDb control() {
        return control;
    }

    VaultStatus status() {
        return status;
    }

    VaultPolicy policy() {
        return policy;
    }

    /** Reads the policy again, which may have been changed. */
    void refreshPolicy() throws IOException {
        policy = vault.policy(control);
    }

    /** Whether nothing is ever written to the vault. */
    boolean readOnly() {
        return policy.when() == VaultPolicy.When.NEVER;
    }

    /** Whether the policy lets uploads run now, and nothing refused them. */
    boolean open() {
        return policy.open(VaultService.now()) && refused == null;
    }

    boolean closing() {
        return closing;
    }

    /** Has everything end soon. */
    void close() {
        closing = true;
    }

    /** Other calls reach the vault from now on. */
    void renew() {
        renewed.set(true);
    }

    /** Whether other calls reach it, or somebody set it again, since this was asked last. */
    boolean renewed() throws IOException {
        String now = VaultSetup.setting(vault.journal());
        boolean again = !now.equals(setting);
        setting = now;
        return renewed.getAndSet(false) || again;
    }

    /** Forgets what failed and what was refused before: somebody acted. */
    void tryAgain() throws IOException {
        if (refused != null || waiting()) {
            notRefused();
            retryAtOnce();
            status.error(null);
            status.finish("idle");
        }
    }

    // ---- failures

    boolean refused() {
        return refused != null;
    }

    /** Uploads stop until an administrator acts. */
    void refuse(Exception why) throws IOException {
        Phrase message = Phrase.why(why);
        String reason = message.english();
        refused = reason;
        control.events().raise(Events.Severity.ALERT, EventKinds.VAULT_REFUSED, null, message);
        LOG.log(System.Logger.Level.ERROR, reason);
        // First, so that whoever sees the state finds the reason too.
        status.error(message);
        status.finish("refused");
    }

    void notRefused() throws IOException {
        if (refused != null) {
            control.events().close(EventKinds.VAULT_REFUSED, null, refused);
        }
        refused = null;
    }

    /** Whether nothing failed, or it is time to try again. */
    boolean mayTry() {
        return System.currentTimeMillis() >= retryAt;
    }

    boolean waiting() {
        return retryAt != 0;
    }

    void retryIn(long millis) {
        retryAt = System.currentTimeMillis() + millis;
    }

    void retryAtOnce() {
        retryAt = 0;
    }

    /** What failed is tried again after a while. */
    void failed(Exception why) {
        retryIn(RETRY_MILLIS);
        status.error(Phrase.why(why));
        status.finish("waiting to try again");
    }

    // ---- requests

    /** The number of the upload that was requested and not handled yet; 0 for none. */
    long requested() throws IOException {
        return VaultRegistry.row(control, vault.name()).requested();
    }

    /** The newest request that was handled. */
    long handled() {
        return handled;
    }

    /** Strikes it before anybody is told, so that a stop at any moment does not make the next start repeat it. */
    void handled(long request) throws IOException {
        handled = Math.max(handled, request);
        control.vaults().uploadHandled(vault.name(), request);
        status.set("handled", handled);
    }

    // ---- damage

    /** Something in the vault was missing or damaged, and what was done about it. */
    void damage(Phrase what) throws IOException {
        LOG.log(System.Logger.Level.WARNING, url() + ": " + what);
        control.audit().append("appliance", "vault repair", url(), what.english());
        control.events()
                .raise(
                        Events.Severity.WARNING,
                        "vault-damaged",
                        null,
                        Phrase.of("event.vault-damaged").with("vault", url()).with("what", what));
    }
}
