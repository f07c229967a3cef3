package dev.holdfast.protocol.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client that sends what the test wants, byte by byte. */
final class RawPeer implements AutoCloseable {
    final SocketChannel channel;
    final DataInputStream in;
    final DataOutputStream out;

    RawPeer(NbdAddress address) throws IOException {
        channel = Sockets.open(address);
        Sockets.connect(channel, address);
        in = new DataInputStream(Channels.newInputStream(channel));
        out = new DataOutputStream(Channels.newOutputStream(channel));
    }

    /** Reads the server's greeting, and answers with flags. */
    RawPeer greet(int flags) throws IOException {
        assertThat(in.readLong()).isEqualTo(Numbers.HANDSHAKE_MAGIC);
        assertThat(in.readLong()).isEqualTo(Numbers.OPTION_MAGIC);
        assertThat(in.readUnsignedShort()).isEqualTo(3);
        out.writeInt(flags);
        return this;
    }

    RawPeer option(int option, byte[] data) throws IOException {
        out.write(optionBytes(option, data));
        return this;
    }

    static byte[] optionBytes(int option, byte[] data) {
        return bytes(to -> {
            to.writeLong(Numbers.OPTION_MAGIC);
            to.writeInt(option);
            to.writeInt(data.length);
            to.write(data);
        });
    }

    interface Content {
        void write(DataOutputStream to) throws IOException;
    }

    static byte[] bytes(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            content.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    /** Export name and information requests of INFO and GO. */
    static byte[] goData(String name, int... infos) {
        return bytes(to -> {
            text(to, name);
            to.writeShort(infos.length);
            for (int each : infos) {
                to.writeShort(each);
            }
        });
    }

    /** Export name and queries of the options about contexts. */
    static byte[] contextData(String name, String... queries) {
        return bytes(to -> {
            text(to, name);
            to.writeInt(queries.length);
            for (String each : queries) {
                text(to, each);
            }
        });
    }

    static void text(DataOutputStream to, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.writeInt(bytes.length);
        to.write(bytes);
    }

    record OptionReply(int option, int type, byte[] data) {
        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    OptionReply optionReply() throws IOException {
        assertThat(in.readLong()).isEqualTo(Numbers.OPTION_REPLY_MAGIC);
        int option = in.readInt();
        int type = in.readInt();
        return new OptionReply(option, type, in.readNBytes(in.readInt()));
    }

    /** Reads a reply that must have a type. */
    OptionReply mustReply(int type) throws IOException {
        OptionReply reply = optionReply();
        assertThat(reply.type).as(reply.text()).isEqualTo(type);
        return reply;
    }

    /** Goes to the transmission phase. */
    RawPeer go(String name, boolean structured) throws IOException {
        greet(3);
        if (structured) {
            option(Numbers.OPT_STRUCTURED_REPLY, new byte[0]).mustReply(Numbers.REP_ACK);
            option(Numbers.OPT_SET_META_CONTEXT, contextData(name, Numbers.BASE_ALLOCATION));
            mustReply(Numbers.REP_META_CONTEXT);
            mustReply(Numbers.REP_ACK);
        }
        option(Numbers.OPT_GO, goData(name)).mustReply(Numbers.REP_INFO);
        mustReply(Numbers.REP_ACK);
        return this;
    }

    static byte[] requestBytes(int flags, int type, long cookie, long offset, long length) {
        return bytes(to -> {
            to.writeInt(Numbers.REQUEST_MAGIC);
            to.writeShort(flags);
            to.writeShort(type);
            to.writeLong(cookie);
            to.writeLong(offset);
            to.writeInt((int) length);
        });
    }

    RawPeer request(int flags, int type, long cookie, long offset, long length) throws IOException {
        out.write(requestBytes(flags, type, cookie, offset, length));
        return this;
    }

    /** The head of a simple reply. */
    void mustBeSimple(long cookie, int error) throws IOException {
        assertThat(in.readInt()).isEqualTo(Numbers.SIMPLE_REPLY_MAGIC);
        assertThat(in.readInt()).isEqualTo(error);
        assertThat(in.readLong()).isEqualTo(cookie);
    }

    record Chunk(int flags, int type, long cookie, byte[] payload) {
        boolean last() {
            return (flags & Numbers.DONE) != 0;
        }
    }

    Chunk chunk() throws IOException {
        assertThat(in.readInt()).isEqualTo(Numbers.STRUCTURED_REPLY_MAGIC);
        return new Chunk(in.readUnsignedShort(), in.readUnsignedShort(), in.readLong(), in.readNBytes(in.readInt()));
    }

    /** The last chunk of a reply, which must be an error. */
    String mustFail(long cookie, NbdError error) throws IOException {
        Chunk chunk = chunk();
        assertThat(chunk.cookie).isEqualTo(cookie);
        assertThat(chunk.type).isEqualTo(Numbers.CHUNK_ERROR);
        assertThat(chunk.last()).isTrue();
        var payload = ByteBuffer.wrap(chunk.payload);
        assertThat(payload.getInt()).isEqualTo(error.code());
        byte[] text = new byte[payload.getShort()];
        payload.get(text);
        assertThat(payload.hasRemaining()).isFalse();
        return new String(text, StandardCharsets.UTF_8);
    }

    /** The server must have closed the connection, without another byte. */
    void mustEnd() throws IOException {
        int next;
        try {
            next = in.read();
        } catch (IOException e) {
            // Reset: bytes that it did not want to read are lost.
            next = -1;
        }
        assertThat(next).isEqualTo(-1);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
