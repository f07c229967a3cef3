package dev.holdfast.control.boot;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Asks whether a port of a machine answers. QEMU accepts connections before it asks the machine: its list of them tells. */
final class PortProbe {
    private static final int CONNECT_MILLIS = 1000;
    private static final int LOOKS = 15;
    private static final long LOOK_MILLIS = 100;
    private static final String ANSWERED = "TCP[ESTABLISHED]";

    private PortProbe() {}

    /** A port of this host that nobody uses now. */
    static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    static boolean answers(BootMachine machine, int hostPort) throws IOException {
        try (Socket socket = new Socket()) {
            try {
                socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), hostPort), CONNECT_MILLIS);
            } catch (IOException e) {
                return false;
            }
            for (int look = 0; look < LOOKS; look++) {
                machine.requireAlive();
                if (machine.told("info usernet").contains(ANSWERED)) {
                    return true;
                }
                BootMachine.pause(LOOK_MILLIS);
            }
            return false;
        }
    }
}
