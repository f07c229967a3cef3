package dev.holdfast.control.browse;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The beginning of a file as text, with the encoding in which it is read.
 *
 * @param encoding as {@link #ENCODINGS} names it
 */
record PreviewText(String text, String encoding) {
    /** The encodings that may be asked for, by name. */
    static final Map<String, Charset> ENCODINGS = encodings();

    /** Text has few control characters beside tabs and ends of lines; the colours of terminals are some. */
    private static final int MOST_CONTROLS_PERCENT = 10;

    private static final char CONTROL_PICTURES = '\u2400';

    private static Map<String, Charset> encodings() {
        Map<String, Charset> encodings = new LinkedHashMap<>();
        encodings.put("UTF-8", StandardCharsets.UTF_8);
        encodings.put("UTF-16LE", StandardCharsets.UTF_16LE);
        encodings.put("UTF-16BE", StandardCharsets.UTF_16BE);
        encodings.put("GB18030", Charset.forName("GB18030"));
        encodings.put("ISO-8859-1", StandardCharsets.ISO_8859_1);
        return encodings;
    }

    /**
     * Reads bytes as text; empty where they are none.
     *
     * @param whole whether that is all of the file: otherwise its last character may be cut
     */
    static Optional<PreviewText> guess(byte[] bytes, boolean whole) {
        if (starts(bytes, 0xFF, 0xFE)) {
            return Optional.of(in("UTF-16LE", Arrays.copyOfRange(bytes, 2, bytes.length)));
        }
        if (starts(bytes, 0xFE, 0xFF)) {
            return Optional.of(in("UTF-16BE", Arrays.copyOfRange(bytes, 2, bytes.length)));
        }
        if (!isText(bytes)) {
            return Optional.empty();
        }
        byte[] plain = starts(bytes, 0xEF, 0xBB, 0xBF) ? Arrays.copyOfRange(bytes, 3, bytes.length) : bytes;
        for (String each : new String[] {"UTF-8", "GB18030"}) {
            Optional<PreviewText> exact = exact(each, plain, whole);
            if (exact.isPresent()) {
                return exact;
            }
        }
        return Optional.of(in("ISO-8859-1", plain));
    }

    /** In an encoding that the caller chose; what it cannot have becomes a replacement character. */
    static PreviewText in(String encoding, byte[] bytes) {
        Charset charset = ENCODINGS.getOrDefault(encoding, StandardCharsets.UTF_8);
        return new PreviewText(visible(new String(bytes, charset)), encoding);
    }

    private static Optional<PreviewText> exact(String encoding, byte[] bytes, boolean whole) {
        CharsetDecoder decoder = ENCODINGS
                .getOrDefault(encoding, StandardCharsets.UTF_8)
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), out, whole);
        try {
            if (result.isError()) {
                result.throwException();
            }
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
        return Optional.of(new PreviewText(visible(out.flip().toString()), encoding));
    }

    private static boolean starts(byte[] bytes, int... mark) {
        for (int i = 0; i < mark.length; i++) {
            if (bytes.length <= i || (bytes[i] & 0xFF) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isText(byte[] bytes) {
        int controls = 0;
        for (byte each : bytes) {
            if (each == 0) {
                return false;
            }
            controls += each > 0 && each < ' ' && !isLayout(each) ? 1 : 0;
        }
        return controls * 100L <= (long) bytes.length * MOST_CONTROLS_PERCENT;
    }

    private static boolean isLayout(int point) {
        return point == '\t' || point == '\n' || point == '\r' || point == '\f';
    }

    /** Control characters, and those that change the direction of text, are shown and do nothing. */
    private static String visible(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            boolean turns = each >= '\u202A' && each <= '\u202E' || each >= '\u2066' && each <= '\u2069';
            if (each < ' ' && !isLayout(each)) {
                out.append((char) (CONTROL_PICTURES + each));
            } else if (turns || each == 0x7F || each >= 0x80 && each < 0xA0) {
                out.append('\uFFFD');
            } else {
                out.append(each);
            }
        }
        return out.toString();
    }
}
