package dev.holdfast.protocol.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Bytes as text and back without loss, whatever they are: UTF-8 is text, and each byte that is not UTF-8 a lone surrogate,
 * which no text has: U+DC00 and the byte. For what users type and keep in files, where names of other encodings occur.
 */
public final class LooseText {
    private static final char LOOSE = '\uDC00';

    private LooseText() {}

    public static String of(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            return decoder.decode(in).toString();
        } catch (CharacterCodingException e) {
            in.rewind();
        }
        CharBuffer out = CharBuffer.allocate(bytes.length);
        while (true) {
            decoder.reset();
            CoderResult result = decoder.decode(in, out, true);
            if (!result.isError()) {
                return out.flip().toString();
            }
            for (int i = 0; i < result.length(); i++) {
                out.put(loose(in.get() & 0xFF));
            }
        }
    }

    public static byte[] bytes(String text) {
        if (isText(text)) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
        text.codePoints().forEach(point -> {
            if (isLoose(point)) {
                out.write(point - LOOSE);
            } else {
                out.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
            }
        });
        return out.toByteArray();
    }

    /** The character that stands for a byte that is not UTF-8. */
    public static char loose(int value) {
        return (char) (LOOSE + value);
    }

    /** Whether all of it is valid UTF-8. */
    public static boolean isText(String text) {
        return text.codePoints().noneMatch(LooseText::isLoose);
    }

    /** As text with {@code \xNN} for such bytes. */
    public static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            if (isLoose(point)) {
                out.append(String.format("\\x%02x", point - LOOSE));
            } else {
                out.appendCodePoint(point);
            }
        });
        return out.toString();
    }

    private static boolean isLoose(int point) {
        return point >= LOOSE + 0x80 && point <= LOOSE + 0xFF;
    }
}
