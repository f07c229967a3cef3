package dev.holdfast.control.access;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Objects;

/** Second factors of users: secrets of authenticator apps, sealed with the appliance's keys. Safe for use by several threads. */
public final class SecondFactors {
    private static final String SECRET = "second factor";

    private final ControlDb control;
    private final VaultKeys keys;
    private final InstantSource clock;

    SecondFactors(ControlDb control, VaultKeys keys, InstantSource clock) {
        this.control = control;
        this.keys = keys;
        this.clock = clock;
    }

    private static String label(String user) {
        return SECRET + " of " + user;
    }

    /**
     * A second factor to be confirmed by {@link #confirm}.
     *
     * @param sealed to be given back with the first code
     * @param uri for a QR code
     */
    public record Offer(String sealed, String uri) {}

    public Offer offer(String name) throws IOException {
        byte[] secret = Totp.newSecret();
        return new Offer(HexFormat.of().formatHex(keys.sealControl(label(name), secret)), Totp.uri(name, secret));
    }

    /** @throws SignInRefusedException where the app's code does not fit */
    public void confirm(String name, String sealed, String code) throws IOException {
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(sealed);
        } catch (IllegalArgumentException e) {
            throw new SignInRefusedException(Phrase.of("second-factor.no-offer"), true);
        }
        long step = Totp.step(opened(name, bytes), code, clock.instant(), 0);
        if (step == 0) {
            throw new SignInRefusedException(Phrase.of("second-factor.wrong-code"), true);
        }
        control.users().setSecondFactor(name, bytes, step);
    }

    private byte[] opened(String name, byte[] sealed) throws SignInRefusedException {
        try {
            return keys.openControl(label(name), sealed);
        } catch (IOException e) {
            throw new SignInRefusedException(
                    Phrase.of("second-factor.other-offer").with("user", name), true);
        }
    }

    /**
     * Uses up a code of a user who has a second factor.
     *
     * @return whether it is right, and newer than the last one that was used
     */
    boolean use(UserTable.Row user, String code) throws IOException {
        byte[] secret = keys.openControl(label(user.name()), Objects.requireNonNull(user.totp()));
        long step = Totp.step(secret, code, clock.instant(), user.totpStep());
        return step != 0 && control.users().useStep(user.name(), step);
    }

    public void remove(String name) throws IOException {
        control.users().setSecondFactor(name, null, 0);
    }

    /** Seals all second factors with the newest key. */
    public static void reseal(ControlDb control, VaultKeys keys) throws IOException {
        for (UserTable.Row user : control.users().all()) {
            byte[] sealed = user.totp();
            byte[] resealed = sealed == null ? null : keys.resealControl(label(user.name()), sealed);
            if (resealed != null) {
                control.users().resealSecondFactor(user.name(), resealed);
            }
        }
    }
}
