package dev.holdfast.protocol.nbd;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * The handshake of a server: fixed newstyle. It owns the export that the client looks at, until it is closed at the end of the
 * connection. One thread uses it.
 */
final class Handshake implements Closeable {
    private static final System.Logger LOG = System.getLogger(Handshake.class.getName());
    /** Longer options are skipped, and refused. */
    private static final int MAX_OPTION_BYTES = 64 << 10;
    /** Still longer ones end the connection. */
    private static final int MAX_SKIPPED_BYTES = 1 << 20;

    private final Line line;
    private NbdExports exports;
    private final @Nullable SSLContext tls;
    private boolean secured;
    private boolean fixed;
    private boolean noZeroes;
    private boolean structured;
    /** The export that {@code base:allocation} was selected for last. */
    private @Nullable String allocationOf;

    private @Nullable Opened opened;

    private record Opened(String name, NbdExport export) {}

    /** What was agreed on. The export is the handshake's. */
    record Agreed(String name, NbdExport export, boolean structured, boolean allocation) {}

    Handshake(Line line, NbdExports exports, @Nullable SSLContext tls) {
        this.line = line;
        this.exports = exports;
        this.tls = tls;
    }

    /** Negotiates. Null where the client has ended. */
    @Nullable
    Agreed run() throws IOException {
        line.send(ByteBuffer.allocate(2 * Long.BYTES + Short.BYTES)
                .putLong(Numbers.HANDSHAKE_MAGIC)
                .putLong(Numbers.OPTION_MAGIC)
                .putShort((short) (Numbers.FIXED_NEWSTYLE | Numbers.NO_ZEROES))
                .flip());
        int flags = line.in().i32();
        if ((flags & ~(Numbers.FIXED_NEWSTYLE | Numbers.NO_ZEROES)) != 0) {
            throw new ProtocolViolation("unknown flags in the handshake: 0x" + Integer.toHexString(flags));
        }
        fixed = (flags & Numbers.FIXED_NEWSTYLE) != 0;
        noZeroes = (flags & Numbers.NO_ZEROES) != 0;
        while (line.in().more()) {
            Intake in = line.in();
            if (in.u64() != Numbers.OPTION_MAGIC) {
                throw new ProtocolViolation("an option does not begin with the number that options begin with");
            }
            int option = in.i32();
            long length = in.u32();
            if (option == Numbers.OPT_ABORT) {
                in.skip(Math.min(length, MAX_SKIPPED_BYTES));
                replies(option).ack();
                return null;
            }
            Agreed agreed = option(option, length);
            if (agreed != null) {
                return agreed;
            }
        }
        return null;
    }

    private OptionReplies replies(int option) {
        return new OptionReplies(line, option);
    }

    /** Answers one option. Not null if it ends the handshake. */
    private @Nullable Agreed option(int option, long length) throws IOException {
        if (!fixed && option != Numbers.OPT_EXPORT_NAME) {
            throw new ProtocolViolation("option " + option + " from a client that does not know the fixed handshake");
        }
        if (length > (option == Numbers.OPT_EXPORT_NAME ? Numbers.MAX_TEXT_BYTES : MAX_SKIPPED_BYTES)) {
            throw new ProtocolViolation("option " + option + " has " + length + " bytes");
        }
        if (length > MAX_OPTION_BYTES) {
            line.in().skip(length);
            replies(option).error(Numbers.REP_ERR_TOO_BIG, "the option is too long");
            return null;
        }
        byte[] data = line.in().bytes((int) length);
        if (tls != null && !secured && option != Numbers.OPT_STARTTLS) {
            if (option == Numbers.OPT_EXPORT_NAME) {
                throw new ProtocolViolation("an export was asked for without TLS");
            }
            replies(option).error(Numbers.REP_ERR_TLS_REQD, "this server needs TLS");
            return null;
        }
        try {
            return answer(option, new ByteReader(data));
        } catch (FormatException e) {
            if (option == Numbers.OPT_EXPORT_NAME) {
                throw e;
            }
            replies(option).error(Numbers.REP_ERR_INVALID, "the option is malformed: " + e.getMessage());
            return null;
        }
    }

    private @Nullable Agreed answer(int option, ByteReader data) throws IOException {
        switch (option) {
            case Numbers.OPT_EXPORT_NAME -> {
                return exportName(text(data, data.remaining()));
            }
            case Numbers.OPT_GO, Numbers.OPT_INFO -> {
                return info(option, data);
            }
            case Numbers.OPT_LIST -> {
                data.expectEnd("the option");
                list();
            }
            case Numbers.OPT_STARTTLS -> {
                data.expectEnd("the option");
                startTls();
            }
            case Numbers.OPT_STRUCTURED_REPLY -> {
                data.expectEnd("the option");
                structured = true;
                replies(option).ack();
            }
            case Numbers.OPT_LIST_META_CONTEXT, Numbers.OPT_SET_META_CONTEXT -> contexts(option, data);
            default -> replies(option).error(Numbers.REP_ERR_UNSUP, "this server does not know option " + option);
        }
        return null;
    }

    private static String text(ByteReader data, long length) throws FormatException {
        if (length > Numbers.MAX_TEXT_BYTES) {
            throw data.corrupt("a text of " + length + " bytes");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(data.raw((int) length)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw data.corrupt("a text that is not valid UTF-8");
        }
    }

    private void startTls() throws IOException {
        OptionReplies replies = replies(Numbers.OPT_STARTTLS);
        if (secured) {
            replies.error(Numbers.REP_ERR_INVALID, "TLS is in use already");
        } else if (tls == null) {
            replies.error(Numbers.REP_ERR_POLICY, "this server does not use TLS");
        } else {
            SSLEngine engine = tls.createSSLEngine();
            engine.setUseClientMode(false);
            engine.setNeedClientAuth(true);
            engine.setEnabledProtocols(new String[] {"TLSv1.3"});
            // Checked before the answer: what comes behind it is rightly the client's first message of TLS.
            if (line.in().hasBuffered()) {
                throw new ProtocolViolation("bytes were sent behind the request for TLS, before TLS began");
            }
            replies.ack();
            line.secure(engine);
            secured = true;
            if (engine.getSession().getPeerCertificates()[0] instanceof X509Certificate peer) {
                exports = exports.of(peer);
            }
        }
    }

    private void list() throws IOException {
        OptionReplies replies = replies(Numbers.OPT_LIST);
        try {
            for (NbdExports.Listed each : exports.list()) {
                replies.server(each.name(), each.description());
            }
            replies.ack();
        } catch (NbdException e) {
            replies.error(Numbers.REP_ERR_POLICY, String.valueOf(e.getMessage()));
        }
    }

    /** The export that an option is about, opened unless it is already. Null if the option has been refused. */
    private @Nullable NbdExport export(String name, OptionReplies replies) throws IOException {
        Opened before = opened;
        if (before != null && before.name.equals(name)) {
            return before.export;
        }
        close();
        try {
            NbdExport export = exports.open(name);
            if (export == null) {
                replies.error(Numbers.REP_ERR_UNKNOWN, "there is no export '" + name + "'");
                return null;
            }
            opened = new Opened(name, export);
            return export;
        } catch (NbdException e) {
            replies.error(
                    e.error() == NbdError.SHUTDOWN ? Numbers.REP_ERR_SHUTDOWN : Numbers.REP_ERR_POLICY,
                    String.valueOf(e.getMessage()));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "NBD export '" + name + "' cannot be opened", e);
            replies.error(Numbers.REP_ERR_UNKNOWN, "the export '" + name + "' is not available");
        }
        return null;
    }

    private Agreed agreed(String name, NbdExport export) {
        return new Agreed(name, export, structured, structured && name.equals(allocationOf));
    }

    private int transmissionFlags(NbdExport export) {
        int flags = Numbers.HAS_FLAGS | Numbers.SEND_CACHE;
        flags |= structured ? Numbers.SEND_DF : 0;
        flags |= export.multiConn() ? Numbers.MULTI_CONN : 0;
        return flags
                | (export.readOnly()
                        ? Numbers.READ_ONLY
                        : Numbers.SEND_FLUSH
                                | Numbers.SEND_FUA
                                | Numbers.SEND_TRIM
                                | Numbers.SEND_WRITE_ZEROES
                                | Numbers.SEND_FAST_ZERO);
    }

    private Agreed exportName(String name) throws IOException {
        NbdExport export = exports.open(name);
        if (export == null) {
            throw new ProtocolViolation("there is no export '" + name + "'");
        }
        close();
        opened = new Opened(name, export);
        ByteBuffer reply = ByteBuffer.allocate(Long.BYTES + Short.BYTES + Numbers.RESERVED_ZEROES)
                .putLong(export.size())
                .putShort((short) transmissionFlags(export));
        line.send(noZeroes ? reply.flip() : reply.clear());
        return agreed(name, export);
    }

    private @Nullable Agreed info(int option, ByteReader data) throws IOException {
        String name = text(data, data.u32());
        Set<Integer> wanted = new HashSet<>();
        for (int left = data.u16(); left > 0; left--) {
            wanted.add(data.u16());
        }
        data.expectEnd("the option");
        OptionReplies replies = replies(option);
        NbdExport export = export(name, replies);
        if (export == null) {
            return null;
        }
        replies.exportInfo(export.size(), transmissionFlags(export));
        if (wanted.contains(Numbers.INFO_NAME)) {
            replies.textInfo(Numbers.INFO_NAME, name);
        }
        if (wanted.contains(Numbers.INFO_DESCRIPTION) && !export.description().isEmpty()) {
            replies.textInfo(Numbers.INFO_DESCRIPTION, export.description());
        }
        if (wanted.contains(Numbers.INFO_BLOCK_SIZE)) {
            replies.blockSizes(NbdBlockSizes.SERVED);
        }
        replies.ack();
        return option == Numbers.OPT_GO ? agreed(name, export) : null;
    }

    private void contexts(int option, ByteReader data) throws IOException {
        boolean set = option == Numbers.OPT_SET_META_CONTEXT;
        if (set) {
            // Also if this fails.
            allocationOf = null;
        }
        String name = text(data, data.u32());
        List<String> queries = new ArrayList<>();
        for (long left = data.u32(); left > 0; left--) {
            queries.add(text(data, data.u32()));
        }
        data.expectEnd("the option");
        OptionReplies replies = replies(option);
        if (set && !structured) {
            replies.error(Numbers.REP_ERR_INVALID, "contexts need structured replies");
            return;
        }
        if (export(name, replies) == null) {
            return;
        }
        if (queries.contains(Numbers.BASE_ALLOCATION) || !set && (queries.isEmpty() || queries.contains("base:"))) {
            replies.context(set ? SmallCommands.ALLOCATION : 0, Numbers.BASE_ALLOCATION);
            allocationOf = set ? name : allocationOf;
        }
        replies.ack();
    }

    /** Closes the export that the client looks at. */
    @Override
    public void close() throws IOException {
        Opened before = opened;
        opened = null;
        if (before != null) {
            before.export.close();
        }
    }
}
