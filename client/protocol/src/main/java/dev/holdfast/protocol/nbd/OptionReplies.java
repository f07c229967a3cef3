package dev.holdfast.protocol.nbd;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Replies of a server to one option of the handshake, which leave together. */
final class OptionReplies {
    private static final int BYTES_AT_ONCE = 64 << 10;

    private final Line line;
    private final int option;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    OptionReplies(Line line, int option) {
        this.line = line;
        this.option = option;
    }

    private void head(int type, int length) throws IOException {
        if (bytes.size() > BYTES_AT_ONCE) {
            flush();
        }
        out.writeLong(Numbers.OPTION_REPLY_MAGIC);
        out.writeInt(option);
        out.writeInt(type);
        out.writeInt(length);
    }

    private void flush() throws IOException {
        line.send(ByteBuffer.wrap(bytes.toByteArray()));
        bytes.reset();
    }

    /** An export in a list. */
    void server(String name, String description) throws IOException {
        byte[] cutName = Replies.Texts.cut(name);
        byte[] cutDescription = Replies.Texts.cut(description);
        head(Numbers.REP_SERVER, Integer.BYTES + cutName.length + cutDescription.length);
        out.writeInt(cutName.length);
        out.write(cutName);
        out.write(cutDescription);
    }

    void exportInfo(long size, int flags) throws IOException {
        info(Numbers.INFO_EXPORT, Long.BYTES + Short.BYTES);
        out.writeLong(size);
        out.writeShort(flags);
    }

    void textInfo(int type, String text) throws IOException {
        byte[] cut = Replies.Texts.cut(text);
        info(type, cut.length);
        out.write(cut);
    }

    void blockSizes(NbdBlockSizes sizes) throws IOException {
        info(Numbers.INFO_BLOCK_SIZE, 3 * Integer.BYTES);
        out.writeInt(sizes.minimum());
        out.writeInt(sizes.preferred());
        out.writeInt((int) sizes.maximumPayload());
    }

    private void info(int type, int length) throws IOException {
        head(Numbers.REP_INFO, Short.BYTES + length);
        out.writeShort(type);
    }

    void context(int id, String name) throws IOException {
        byte[] cut = Replies.Texts.cut(name);
        head(Numbers.REP_META_CONTEXT, Integer.BYTES + cut.length);
        out.writeInt(id);
        out.write(cut);
    }

    /** The last reply: success. */
    void ack() throws IOException {
        head(Numbers.REP_ACK, 0);
        flush();
    }

    /** The last reply: an error, with a message for people. */
    void error(int type, String message) throws IOException {
        byte[] cut = Replies.Texts.cut(message);
        head(type, cut.length);
        out.write(cut);
        flush();
    }
}
