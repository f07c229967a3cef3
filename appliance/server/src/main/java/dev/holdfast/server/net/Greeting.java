package dev.holdfast.server.net;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.io.InputStream;

/** The first frames of a connection: the client's Hello and the appliance's Welcome, which agree on a version. */
final class Greeting {
    private static final int MAX_BYTES = 1 << 16;

    private Greeting() {}

    /**
     * Reads the greeting and answers it.
     *
     * @param disconnect ends the connection, once the reason has left where there is one
     * @return whether the connection continues; where not, the client has been told why
     */
    static boolean exchange(InputStream in, RequestContext context, Runnable disconnect) throws IOException {
        Frames.Frame first;
        try {
            first = Frames.read(in, bytes -> {
                if (bytes > MAX_BYTES) {
                    throw FormatException.corrupt("a greeting of " + bytes + " bytes");
                }
            });
        } catch (FormatException e) {
            return refuse(context, ErrorCode.MALFORMED, String.valueOf(e.getMessage()), disconnect);
        }
        if (first == null) {
            return false;
        }
        if (!(first.message() instanceof Message.Hello hello)) {
            return refuse(context, ErrorCode.MALFORMED, "the first message must be Hello", disconnect);
        }
        Peer peer = context.peer();
        if (!peer.stranger() && !peer.restoring() && context.limits().sightings.take(peer.nodeId())) {
            context.services().control().nodes().seen(peer.nodeId(), hello.software(), hello.maxVersion());
        }
        if (hello.minVersion() > Frames.NEWEST_VERSION || hello.maxVersion() < Frames.VERSION) {
            String text = "this appliance speaks protocol versions " + Frames.VERSION + " to " + Frames.NEWEST_VERSION
                    + ", the client "
                    + hello.minVersion() + " to " + hello.maxVersion() + "; upgrade the older of the two";
            return refuse(context, ErrorCode.VERSION, text, disconnect);
        }
        HashAlgorithm hash = context.services().store().vault().hash();
        if (hello.maxVersion() < Frames.HASHES && hash != HashAlgorithm.SHA_256) {
            String text = "this appliance names chunks by " + hash.label() + ", which this client (" + hello.software()
                    + ") does not know; upgrade the client";
            return refuse(context, ErrorCode.VERSION, text, disconnect);
        }
        context.agreeOn(Math.min(hello.maxVersion(), Frames.NEWEST_VERSION), hello.software());
        context.out().send(0, welcome(context), () -> {});
        return true;
    }

    private static boolean refuse(RequestContext context, ErrorCode code, String text, Runnable disconnect) {
        context.out().send(0, Failures.of(code, text), disconnect);
        return false;
    }

    private static Message.Welcome welcome(RequestContext context) {
        Peer peer = context.peer();
        var keys = context.services().store().vault();
        byte[] gearKey = peer.stranger() ? new byte[0] : keys.gearKey();
        return new Message.Welcome(
                context.version(),
                Services.SOFTWARE,
                keys.id(),
                context.limits().creditBytes,
                peer.name(),
                gearKey,
                keys.hash());
    }
}
