package dev.holdfast.protocol.hash;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** SHA-256, or HMAC-SHA-256, by the first provider that has it. */
final class Sha256 implements Hasher {
    private final @Nullable MessageDigest digest;
    private final @Nullable Mac mac;

    /** @param key null for the plain hash */
    Sha256(byte @Nullable [] key) {
        try {
            digest = key == null ? MessageDigest.getInstance("SHA-256") : null;
            mac = key == null ? null : Mac.getInstance("HmacSHA256");
            if (mac != null) {
                mac.init(new SecretKeySpec(key, "HmacSHA256"));
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        if (digest != null) {
            digest.update(bytes, offset, length);
        } else if (mac != null) {
            mac.update(bytes, offset, length);
        }
    }

    @Override
    public void update(ByteBuffer bytes) {
        if (digest != null) {
            digest.update(bytes);
        } else if (mac != null) {
            mac.update(bytes);
        }
    }

    @Override
    public byte[] digest() {
        return digest != null ? digest.digest() : Objects.requireNonNull(mac).doFinal();
    }
}
