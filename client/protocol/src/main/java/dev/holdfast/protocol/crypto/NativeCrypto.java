package dev.holdfast.protocol.crypto;

import java.lang.reflect.InvocationTargetException;

/**
 * Puts Amazon's Corretto provider (AWS-LC behind JCA) before the JDK's own where its library is at hand. The same
 * algorithms at the same rate, but from the first byte: the JDK's need a C2 compiler and some seconds to get there,
 * which is most of a short backup. See docs/decisions/0007-native-crypto.md.
 */
public final class NativeCrypto {
    private static final String PROVIDER = "com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider";

    private NativeCrypto() {}

    /**
     * Call before anything uses cryptography; further calls wait for the first and do nothing. Without the library the JDK's own
     * providers stay in charge.
     */
    public static synchronized void install() {
        try {
            Class.forName(PROVIDER).getMethod("install").invoke(null);
        } catch (ClassNotFoundException e) {
            // Not part of this platform's distribution.
        } catch (InvocationTargetException e) {
            System.getLogger(NativeCrypto.class.getName())
                    .log(System.Logger.Level.WARNING, "native cryptography is not available", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("not the provider it claims to be", e);
        }
    }
}
