package dev.holdfast.api;

import com.fasterxml.jackson.databind.JsonMappingException;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Answers as JSON, of a bounded size. */
final class JsonAnswer {
    static final int MOST_BYTES = 4 << 20;

    private JsonAnswer() {}

    /** Null for an answer without content. */
    static byte @Nullable [] bytes(Object answer) throws IOException {
        if (answer.equals(Route.DONE)) {
            return null;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                if (count + length > MOST_BYTES) {
                    throw new UncheckedIOException(new Problem(422, "too-large", Phrase.of("api.answer-too-large")));
                }
                super.write(bytes, offset, length);
            }
        };
        try {
            Call.JSON.writeValue(out, answer);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (JsonMappingException e) {
            throw e.getCause() instanceof UncheckedIOException told ? told.getCause() : e;
        }
        return out.toByteArray();
    }

    /** For an ETag, and to tell bodies apart. */
    static String hash(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
