package dev.holdfast.protocol.nbd;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** The handshake of a client. One thread uses it, once. What the server sends is bounded in length and number. */
final class ClientHandshake {
    private static final int MAX_REPLY_BYTES = 64 << 10;
    /** So many replies to one option, but for a list. */
    private static final int MAX_REPLIES = 1000;

    private static final int MAX_LIST_BYTES = 16 << 20;

    private final Line line;
    private final NbdClientOptions options;
    private boolean fixed;
    private boolean noZeroes;

    /** What was agreed on; contexts by their ids. */
    record Agreed(NbdExportInfo info, Map<Integer, String> contexts) {}

    /** A reply to an option that is not an error. */
    private record Reply(int type, ByteReader data) {}

    /** An option that the server refused. */
    private static final class Refused extends IOException {
        private final int type;

        Refused(int type, String message) {
            super(message);
            this.type = type;
        }
    }

    ClientHandshake(Line line, NbdClientOptions options) {
        this.line = line;
        this.options = options;
    }

    /** Chooses the export. The transmission phase follows. */
    Agreed choose() throws IOException {
        begin();
        if (!fixed) {
            return exportName(Map.of(), false);
        }
        boolean structured = accepted(Numbers.OPT_STRUCTURED_REPLY, new byte[0]);
        Map<Integer, String> contexts = structured && !options.contexts().isEmpty() ? contexts() : Map.of();
        try {
            return go(contexts, structured);
        } catch (Refused e) {
            if (e.type != Numbers.REP_ERR_UNSUP) {
                throw e;
            }
            return exportName(contexts, structured);
        }
    }

    /** Lists exports, and ends the session. */
    List<NbdExports.Listed> list() throws IOException {
        begin();
        if (!fixed) {
            throw new IOException("it cannot list its exports: it knows only the first newstyle handshake");
        }
        List<NbdExports.Listed> listed = new ArrayList<>();
        long bytes = 0;
        send(Numbers.OPT_LIST, new byte[0]);
        for (Reply reply = reply(Numbers.OPT_LIST); reply != null; reply = reply(Numbers.OPT_LIST)) {
            // With what an empty name takes.
            bytes += Long.BYTES + reply.data.remaining();
            if (bytes > MAX_LIST_BYTES) {
                throw new ProtocolViolation("its list of exports has more than " + MAX_LIST_BYTES + " bytes");
            }
            if (reply.type == Numbers.REP_SERVER) {
                String name = text(reply.data, reply.data.u32());
                listed.add(new NbdExports.Listed(name, text(reply.data, reply.data.remaining())));
            }
        }
        send(Numbers.OPT_ABORT, new byte[0]);
        return listed;
    }

    private void begin() throws IOException {
        Intake in = line.in();
        long first = in.u64();
        long second = in.u64();
        if (first == Numbers.HANDSHAKE_MAGIC && second == Numbers.OLDSTYLE_MAGIC) {
            throw new IOException("it speaks the oldstyle handshake, which is not supported; use a newer NBD server");
        }
        if (first != Numbers.HANDSHAKE_MAGIC || second != Numbers.OPTION_MAGIC) {
            throw new ProtocolViolation("it is not an NBD server");
        }
        int flags = in.u16();
        fixed = (flags & Numbers.FIXED_NEWSTYLE) != 0;
        noZeroes = (flags & Numbers.NO_ZEROES) != 0;
        line.send(ByteBuffer.allocate(Integer.BYTES)
                .putInt(flags & (Numbers.FIXED_NEWSTYLE | Numbers.NO_ZEROES))
                .flip());
        if (options.tls() != null) {
            startTls();
        }
    }

    private void startTls() throws IOException {
        if (!fixed || !accepted(Numbers.OPT_STARTTLS, new byte[0])) {
            throw new IOException("it does not use TLS, which is required here; configure certificates at the server");
        }
        String name = options.tlsName();
        var context = Objects.requireNonNull(options.tls());
        SSLEngine engine = name == null ? context.createSSLEngine() : context.createSSLEngine(name, NbdAddress.PORT);
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(new String[] {"TLSv1.3"});
        if (name != null) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            engine.setSSLParameters(parameters);
        }
        line.secure(engine);
    }

    private void send(int option, byte[] data) throws IOException {
        line.send(ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + data.length)
                .putLong(Numbers.OPTION_MAGIC)
                .putInt(option)
                .putInt(data.length)
                .put(data)
                .flip());
    }

    /** The next reply to an option; null for the last one, if that says success. */
    private @Nullable Reply reply(int option) throws IOException {
        Intake in = line.in();
        if (in.u64() != Numbers.OPTION_REPLY_MAGIC) {
            throw new ProtocolViolation("a reply to option " + option + " does not begin as replies do");
        }
        int about = in.i32();
        int type = in.i32();
        long length = in.u32();
        if (about != option) {
            throw new ProtocolViolation("it answered option " + about + " when option " + option + " was sent");
        }
        if (length > MAX_REPLY_BYTES) {
            throw new ProtocolViolation("a reply to option " + option + " has " + length + " bytes");
        }
        byte[] data = in.bytes((int) length);
        if ((type & Numbers.REP_ERROR) != 0) {
            throw refused(type, data);
        }
        return type == Numbers.REP_ACK ? null : new Reply(type, new ByteReader(data));
    }

    private Refused refused(int type, byte[] message) {
        String said = new String(message, 0, Math.min(message.length, Numbers.MAX_TEXT_BYTES), StandardCharsets.UTF_8);
        String why = switch (type) {
            case Numbers.REP_ERR_UNSUP -> "it does not know the option";
            case Numbers.REP_ERR_POLICY -> "it is configured to refuse that";
            case Numbers.REP_ERR_PLATFORM -> "its platform cannot do that";
            case Numbers.REP_ERR_TLS_REQD -> "it requires TLS; configure certificates here";
            case Numbers.REP_ERR_UNKNOWN ->
                "it has no export '" + options.export() + "'; list its exports to find the name";
            case Numbers.REP_ERR_SHUTDOWN -> "it is ending";
            case Numbers.REP_ERR_BLOCK_SIZE_REQD -> "it requires that block sizes are agreed on";
            case Numbers.REP_ERR_TOO_BIG -> "it finds the request too large";
            default -> "it refuses with error " + (type & ~Numbers.REP_ERROR);
        };
        return new Refused(type, said.isEmpty() ? why : why + " (it says: " + said + ")");
    }

    /** Sends an option that is answered by yes or no. */
    private boolean accepted(int option, byte[] data) throws IOException {
        send(option, data);
        try {
            if (reply(option) != null) {
                throw new ProtocolViolation("it answered option " + option + " with more than yes or no");
            }
            return true;
        } catch (Refused e) {
            // Nothing else that is sent from here can succeed then.
            if (e.type == Numbers.REP_ERR_TLS_REQD) {
                throw e;
            }
            return false;
        }
    }

    private static String text(ByteReader data, long length) throws FormatException {
        if (length > Numbers.MAX_TEXT_BYTES) {
            throw data.corrupt("a text of " + length + " bytes");
        }
        return new String(data.raw((int) length), StandardCharsets.UTF_8);
    }

    private static ByteWriter text(ByteWriter out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > Numbers.MAX_TEXT_BYTES) {
            throw new IllegalArgumentException(
                    "a name of " + bytes.length + " bytes; " + Numbers.MAX_TEXT_BYTES + " are allowed");
        }
        return out.u32(bytes.length).raw(bytes);
    }

    private Map<Integer, String> contexts() throws IOException {
        ByteWriter query = text(new ByteWriter(options.export().length()), options.export())
                .u32(options.contexts().size());
        for (String each : options.contexts()) {
            text(query, each);
        }
        send(Numbers.OPT_SET_META_CONTEXT, query.toByteArray());
        Map<Integer, String> contexts = new LinkedHashMap<>();
        int replies = 0;
        try {
            for (Reply reply = reply(Numbers.OPT_SET_META_CONTEXT);
                    reply != null;
                    reply = reply(Numbers.OPT_SET_META_CONTEXT)) {
                if (reply.type == Numbers.REP_META_CONTEXT) {
                    int id = reply.data.i32();
                    String name = text(reply.data, reply.data.remaining());
                    if (!options.contexts().contains(name) || contexts.containsValue(name)) {
                        throw new ProtocolViolation("it selected context '" + name + "', which nobody asked for");
                    }
                    contexts.put(id, name);
                }
                if (++replies > MAX_REPLIES) {
                    throw new ProtocolViolation("it answered one option with more than " + MAX_REPLIES + " replies");
                }
            }
        } catch (Refused e) {
            if (e.type != Numbers.REP_ERR_UNSUP) {
                throw e;
            }
            return Map.of();
        }
        return contexts;
    }

    private Agreed go(Map<Integer, String> contexts, boolean structured) throws IOException {
        byte[] data = text(new ByteWriter(options.export().length()), options.export())
                .u16(1)
                .u16(Numbers.INFO_BLOCK_SIZE)
                .toByteArray();
        send(Numbers.OPT_GO, data);
        Long size = null;
        int flags = 0;
        NbdBlockSizes sizes = NbdBlockSizes.UNTOLD;
        int replies = 0;
        for (Reply reply = reply(Numbers.OPT_GO); reply != null; reply = reply(Numbers.OPT_GO)) {
            if (++replies > MAX_REPLIES) {
                throw new ProtocolViolation("it answered one option with more than " + MAX_REPLIES + " replies");
            }
            int type = reply.type == Numbers.REP_INFO ? reply.data.u16() : -1;
            if (type == Numbers.INFO_EXPORT) {
                size = reply.data.u64();
                flags = reply.data.u16();
            } else if (type == Numbers.INFO_BLOCK_SIZE) {
                sizes = NbdBlockSizes.parsed(reply.data.u32(), reply.data.u32(), reply.data.u32());
            }
        }
        if (size == null) {
            throw new ProtocolViolation("it does not say how large the export is");
        }
        return agreed(size, flags, structured, sizes, contexts);
    }

    private Agreed exportName(Map<Integer, String> contexts, boolean structured) throws IOException {
        byte[] name = options.export().getBytes(StandardCharsets.UTF_8);
        send(Numbers.OPT_EXPORT_NAME, name);
        Intake in = line.in();
        if (!in.more()) {
            throw new IOException("it has no export '" + options.export() + "', or refuses it");
        }
        long size = in.u64();
        int flags = in.u16();
        in.skip(noZeroes ? 0 : Numbers.RESERVED_ZEROES);
        return agreed(size, flags, structured, NbdBlockSizes.UNTOLD, contexts);
    }

    private static Agreed agreed(
            long size, int flags, boolean structured, NbdBlockSizes sizes, Map<Integer, String> contexts)
            throws IOException {
        if (size < 0) {
            throw new ProtocolViolation("it says that the export has " + Long.toUnsignedString(size) + " bytes");
        }
        List<String> names = List.copyOf(contexts.values());
        return new Agreed(new NbdExportInfo(size, flags, structured, sizes, names), contexts);
    }
}
