/**
 * Network block devices: a server and a client of the NBD protocol, without dependencies beyond the JDK. The source of all facts
 * is the public specification, doc/proto.md of NetworkBlockDevice/nbd. Fixed newstyle handshake only; compact headers only.
 *
 * <p>Server: {@link dev.holdfast.protocol.nbd.NbdServer} listens and gives each connection to a
 * {@link dev.holdfast.protocol.nbd.NbdSession}, which serves what {@link dev.holdfast.protocol.nbd.NbdExports} opens:
 * {@code Handshake} negotiates, {@code Transmission} reads requests, {@code ReadCommand}, {@code WriteCommand} and
 * {@code SmallCommands} carry them out in virtual threads, and {@code ReplyQueue} writes the replies.
 *
 * <p>Client: {@link dev.holdfast.protocol.nbd.NbdClient}, with {@code ClientHandshake}, and {@code ReplyReader}, which gives
 * replies to what waits for them ({@code Pending}).
 *
 * <p>Both run over an {@link dev.holdfast.protocol.nbd.NbdTransport}: a socket, a pair of streams, or TLS over either. Neither
 * trusts the other side: lengths are checked before memory is taken, and all that waits for the other side has a time limit,
 * except a server that waits for the next request.
 *
 * <p>Uses {@code bytes}.
 */
package dev.holdfast.protocol.nbd;
