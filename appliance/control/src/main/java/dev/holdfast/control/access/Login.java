package dev.holdfast.control.access;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;

/** How a user signs in. {@link LoginCodec} reads and writes the stored text. Immutable. */
public sealed interface Login {
    /**
     * By a password of the appliance.
     *
     * @param hash as {@link Passwords#hash} makes it
     */
    record Password(String hash) implements Login {}

    /**
     * By an OpenID provider, without a password here.
     *
     * @param issuer the provider's URL, which contains no space
     * @param subject the provider's own identifier of the user, which never changes
     */
    record Provider(String issuer, String subject) implements Login {
        public Provider {
            if (issuer.isEmpty() || issuer.indexOf(' ') >= 0 || subject.isEmpty()) {
                throw new PhrasedArgumentException(
                        Phrase.of("provider.subject").with("issuer", issuer).with("subject", subject));
            }
        }
    }

    /** By nothing: the stored text is none that a release wrote. A new password makes the user usable again. */
    record Unreadable() implements Login {}
}
