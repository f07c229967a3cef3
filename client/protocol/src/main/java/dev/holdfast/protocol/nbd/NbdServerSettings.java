package dev.holdfast.protocol.nbd;

import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The limits of a server, and its TLS. The memory of all connections together is at most {@code connections} times
 * {@code bytesInFlight}, plus some 200 KiB a connection, plus 256 KiB for each request that asks what is data. Connections share
 * no limit, so that one that does not read its replies delays no other.
 *
 * @param connections at the same time; further ones are closed at once
 * @param perAddress of them from one address of a network, so that one client cannot take all of them
 * @param requests of one connection that are carried out at the same time; further ones wait in the socket
 * @param bytesInFlight memory outside the heap for the data of the requests of one connection; half is for reads, and half for
 *     writes. At least 2 MiB
 * @param handshake the longest that a client may take to choose an export
 * @param stall the longest that a client may take to read part of a reply of up to 1 MiB, or to send on with a request that it
 *     has begun
 * @param tls if not null, sessions begin with STARTTLS, and the client must show a certificate that the context trusts
 */
public record NbdServerSettings(
        int connections,
        int perAddress,
        int requests,
        int bytesInFlight,
        Duration handshake,
        Duration stall,
        @Nullable SSLContext tls) {
    private static final int LEAST_BYTES = 2 << 20;

    /** 16 connections, each with 32 requests and 16 MiB; 60 s; no TLS. */
    public static final NbdServerSettings DEFAULT =
            new NbdServerSettings(16, 16, 32, 16 << 20, Duration.ofSeconds(60), Duration.ofSeconds(60), null);

    public NbdServerSettings {
        if (connections < 1 || perAddress < 1 || requests < 1 || bytesInFlight < LEAST_BYTES) {
            throw new IllegalArgumentException("at least one connection, one request and " + LEAST_BYTES
                    + " bytes in flight are needed, not " + connections + ", " + requests + " and " + bytesInFlight);
        }
        if (!handshake.isPositive() || !stall.isPositive()) {
            throw new IllegalArgumentException("time limits must be positive, not " + handshake + " and " + stall);
        }
    }

    /** As many from one address. */
    public NbdServerSettings withConnections(int most) {
        return new NbdServerSettings(most, most, requests, bytesInFlight, handshake, stall, tls);
    }

    public NbdServerSettings withPerAddress(int most) {
        return new NbdServerSettings(connections, most, requests, bytesInFlight, handshake, stall, tls);
    }

    public NbdServerSettings withRequests(int most, int bytes) {
        return new NbdServerSettings(connections, perAddress, most, bytes, handshake, stall, tls);
    }

    public NbdServerSettings withTimes(Duration newHandshake, Duration newStall) {
        return new NbdServerSettings(connections, perAddress, requests, bytesInFlight, newHandshake, newStall, tls);
    }

    public NbdServerSettings withTls(SSLContext context) {
        return new NbdServerSettings(connections, perAddress, requests, bytesInFlight, handshake, stall, context);
    }
}
