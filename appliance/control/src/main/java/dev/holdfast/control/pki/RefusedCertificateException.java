package dev.holdfast.control.pki;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.Phrased;
import java.security.cert.CertificateException;
import org.jspecify.annotations.Nullable;

/** Browsers would not accept a certificate. */
final class RefusedCertificateException extends CertificateException implements Phrased {
    private final transient Phrase phrase;

    RefusedCertificateException(Phrase phrase) {
        this(phrase, null);
    }

    RefusedCertificateException(Phrase phrase, @Nullable Throwable cause) {
        super(phrase.english(), cause);
        this.phrase = phrase;
    }

    @Override
    public Phrase phrase() {
        return phrase;
    }
}
