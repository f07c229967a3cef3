package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.Message.Done;
import dev.holdfast.protocol.wire.Message.Enroll;
import dev.holdfast.protocol.wire.Message.Enrolled;
import dev.holdfast.protocol.wire.Message.Failure;
import dev.holdfast.protocol.wire.Message.Held;
import dev.holdfast.protocol.wire.Message.Hello;
import dev.holdfast.protocol.wire.Message.Hold;
import dev.holdfast.protocol.wire.Message.Ping;
import dev.holdfast.protocol.wire.Message.Renew;
import dev.holdfast.protocol.wire.Message.Welcome;
import java.util.ArrayList;
import java.util.List;

/** Messages of every connection: greeting, enrolment, identity, and the answers that all requests may get. */
final class ConnectionCodecs {
    /** A Hello begins with this ("HFW1"), so that a client of another protocol gets a clear answer. */
    private static final int HELLO_MAGIC = 0x48465731;

    private static final int MAX_CSR_BYTES = 1 << 14;
    private static final int MAX_CERTIFICATES = 8;
    private static final int MAX_CERTIFICATE_BYTES = 1 << 14;
    private static final int MAX_GEAR_KEY_BYTES = 64;

    static final List<MessageCodec<?>> ALL = List.of(
            new MessageCodec<>(
                    1,
                    Failure.class,
                    (out, m) -> out.u16(m.code().code()).string(m.text()),
                    in -> new Failure(ErrorCode.of(in.u16()), in.string(Fields.MAX_BLOB_BYTES, "error"))),
            new MessageCodec<>(2, Done.class, (out, m) -> {}, in -> new Done()),
            new MessageCodec<>(3, Hello.class, ConnectionCodecs::hello, ConnectionCodecs::hello),
            new MessageCodec<>(4, Welcome.class, ConnectionCodecs::welcome, ConnectionCodecs::welcome),
            new MessageCodec<>(5, Enroll.class, ConnectionCodecs::enroll, ConnectionCodecs::enroll),
            new MessageCodec<>(6, Enrolled.class, ConnectionCodecs::enrolled, ConnectionCodecs::enrolled),
            new MessageCodec<>(7, Ping.class, (out, m) -> {}, in -> new Ping()),
            new MessageCodec<>(
                    8,
                    Hold.class,
                    ConnectionCodecs::hold,
                    in -> new Hold(Fields.uuid(in), in.u64(), Digest.read(in), Digest.read(in))),
            new MessageCodec<>(
                    9, Held.class, (out, m) -> Fields.uuid(out, m.instance()), in -> new Held(Fields.uuid(in))),
            new MessageCodec<>(
                    10,
                    Renew.class,
                    (out, m) -> out.bytes(m.request()),
                    in -> new Renew(in.bytes(MAX_CSR_BYTES, "certificate request"))));

    private ConnectionCodecs() {}

    private static void hello(ByteWriter out, Hello m) {
        out.u32(HELLO_MAGIC).u16(m.minVersion()).u16(m.maxVersion()).string(m.software());
    }

    private static Hello hello(ByteReader in) throws FormatException {
        if (in.i32() != HELLO_MAGIC) {
            throw in.corrupt("not the Holdfast protocol");
        }
        return new Hello(in.u16(), in.u16(), in.string(Fields.MAX_NAME_BYTES, "software"));
    }

    private static void welcome(ByteWriter out, Welcome m) {
        Fields.uuid(out.u16(m.version()).string(m.software()), m.vault());
        out.u32(m.creditBytes()).string(m.node()).bytes(m.gearKey());
        if (m.version() >= Frames.HASHES) {
            out.u8(m.hash().code());
        }
    }

    private static Welcome welcome(ByteReader in) throws FormatException {
        int version = in.u16();
        return new Welcome(
                version,
                in.string(Fields.MAX_TEXT_BYTES, "software"),
                Fields.uuid(in),
                in.i32(),
                in.string(Fields.MAX_TEXT_BYTES, "node"),
                in.bytes(MAX_GEAR_KEY_BYTES, "gear key"),
                version >= Frames.HASHES ? HashAlgorithm.of(in.u8()) : HashAlgorithm.SHA_256);
    }

    private static void enroll(ByteWriter out, Enroll m) {
        out.string(m.token()).string(m.node()).string(m.platform()).bytes(m.request());
    }

    private static Enroll enroll(ByteReader in) throws FormatException {
        return new Enroll(
                in.string(Fields.MAX_NAME_BYTES, "token"),
                in.string(Fields.MAX_NAME_BYTES, "node"),
                in.string(Fields.MAX_NAME_BYTES, "platform"),
                in.bytes(MAX_CSR_BYTES, "certificate request"));
    }

    private static void enrolled(ByteWriter out, Enrolled m) {
        out.u32(m.nodeId()).varint(m.chain().size());
        m.chain().forEach(out::bytes);
    }

    private static Enrolled enrolled(ByteReader in) throws FormatException {
        int nodeId = in.i32();
        List<byte[]> chain = new ArrayList<>();
        for (int n = in.varint(MAX_CERTIFICATES, "certificate count"); n > 0; n--) {
            chain.add(in.bytes(MAX_CERTIFICATE_BYTES, "certificate"));
        }
        return new Enrolled(nodeId, chain);
    }

    private static void hold(ByteWriter out, Hold m) {
        Fields.uuid(out, m.instance()).u64(m.counter());
        m.machine().write(out);
        m.boot().write(out);
    }
}
