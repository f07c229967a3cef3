package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HexFormat;

/** Makes sockets for addresses. */
final class Sockets {
    private static final int IPV6_NETWORK_BYTES = 8;

    private Sockets() {}

    private static SocketAddress socketAddress(NbdAddress address) throws IOException {
        return switch (address) {
            case NbdAddress.Unix unix -> UnixDomainSocketAddress.of(unix.path());
            case NbdAddress.Tcp tcp -> new InetSocketAddress(InetAddress.getByName(tcp.host()), tcp.port());
        };
    }

    /** A channel that is not connected yet; the caller closes it. */
    static SocketChannel open(NbdAddress address) throws IOException {
        return address instanceof NbdAddress.Unix
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
    }

    /** Connects a channel that was opened for the address. Another thread may close the channel in the meantime. */
    static void connect(SocketChannel channel, NbdAddress address) throws IOException {
        if (address instanceof NbdAddress.Tcp) {
            forRequests(channel);
        }
        channel.connect(socketAddress(address));
    }

    /** Sets a TCP socket up: small messages leave at once, and a dead host is noticed some day. */
    static void forRequests(SocketChannel tcp) throws IOException {
        tcp.setOption(StandardSocketOptions.TCP_NODELAY, true);
        tcp.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    }

    /** Where the client of a connection is: its address; of IPv6, where one machine may have all of a network, the first 64 bits. */
    static String client(SocketChannel channel) throws IOException {
        if (!(channel.getRemoteAddress() instanceof InetSocketAddress inet)) {
            return "this host";
        }
        return inet.getAddress() instanceof Inet6Address six
                ? HexFormat.ofDelimiter(":").formatHex(six.getAddress(), 0, IPV6_NETWORK_BYTES) + "/64"
                : inet.getAddress().getHostAddress();
    }

    /** Listens; the caller closes the channel, and removes the file of a Unix socket. */
    static ServerSocketChannel listen(NbdAddress address) throws IOException {
        ServerSocketChannel channel = address instanceof NbdAddress.Unix
                ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                : ServerSocketChannel.open();
        try {
            channel.bind(socketAddress(address));
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Where a channel listens. */
    static NbdAddress address(ServerSocketChannel channel) throws IOException {
        return switch (channel.getLocalAddress()) {
            case UnixDomainSocketAddress unix -> new NbdAddress.Unix(unix.getPath());
            case InetSocketAddress inet -> new NbdAddress.Tcp(inet.getAddress().getHostAddress(), inet.getPort());
            case null, default -> throw new IOException("the channel listens neither on TCP nor on a Unix socket");
        };
    }
}
