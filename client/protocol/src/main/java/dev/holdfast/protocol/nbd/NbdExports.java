package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The exports of a server, by name. Safe for use by several threads, as connections ask at the same time. */
public interface NbdExports {
    /** At most so many extents are sent in one reply. */
    int MAX_EXTENTS = 16 << 10;

    /**
     * An export in a list.
     *
     * @param name at most 4,096 bytes in UTF-8; empty for the default export
     * @param description for people; may be empty
     */
    record Listed(String name, String description) {}

    /**
     * The exports for one client, which has shown a certificate that TLS trusts. Asked once a connection, before anything else.
     *
     * @throws NbdException ends the connection
     */
    default NbdExports of(X509Certificate peer) throws IOException {
        return this;
    }

    /** What clients may see that ask for a list. Not every export needs to be in it. */
    List<Listed> list() throws IOException;

    /**
     * Opens an export for one connection, which closes it.
     *
     * @param name as the client gave it: any text, at most 4,096 bytes in UTF-8; empty for the default export
     * @return null if there is none of this name
     * @throws NbdException refuses the client, which gets the message
     * @throws IOException is logged; the client is told that the export is not available
     */
    @Nullable
    NbdExport open(String name) throws IOException;

    /** One export under one name, and under the empty name, opened anew for each connection. */
    static NbdExports single(String name, Opening opening) {
        return new NbdExports() {
            @Override
            public List<Listed> list() {
                return List.of(new Listed(name, ""));
            }

            @Override
            public @Nullable NbdExport open(String asked) throws IOException {
                return asked.isEmpty() || asked.equals(name) ? opening.open() : null;
            }
        };
    }

    /** Opens an export. */
    @FunctionalInterface
    interface Opening {
        NbdExport open() throws IOException;
    }
}
