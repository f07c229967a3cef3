package dev.holdfast.protocol.nbd;

import java.nio.file.Path;

/** Where a server listens. Its text is for messages. */
public sealed interface NbdAddress {
    /** The TCP port that is registered for NBD. */
    int PORT = 10809;

    /** A Unix socket. Its path has at most 107 bytes. */
    record Unix(Path path) implements NbdAddress {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /** A TCP port of a host, whose name is resolved when it is used. Port 0 of a server is one that the system chooses. */
    record Tcp(String host, int port) implements NbdAddress {
        @Override
        public String toString() {
            return "tcp:" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
        }
    }

    static NbdAddress unix(Path path) {
        return new Unix(path);
    }

    static NbdAddress tcp(String host, int port) {
        return new Tcp(host, port);
    }
}
