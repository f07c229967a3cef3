package dev.holdfast.control.browse;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What of a file is shown without restoring it.
 *
 * @param kind text, picture, or none
 * @param why there is none: {@code binary}, {@code too-large} for a picture, or {@code link} for a further name of a file, which is
 *     shown under its first; empty where there is one
 * @param text the beginning of it; null where it is no text
 * @param encoding in which the text is read; empty where it is no text
 * @param size of the file in bytes, of which {@code shown} are in the text
 */
public record Preview(Kind kind, String why, @Nullable String text, String encoding, long size, long shown) {
    /** Of a text. */
    static final int MOST_TEXT_BYTES = 256 << 10;
    /** Of a picture, which is read whole. */
    static final int MOST_PICTURE_BYTES = 16 << 20;
    /** So much tells what a file is. A picture's size stands behind what its camera noted. */
    private static final int HEAD_BYTES = 128 << 10;

    /** What is shown of a file. */
    public enum Kind {
        TEXT,
        PICTURE,
        NONE
    }

    /** Nothing, and why. */
    public static Preview none(String why, long size) {
        return new Preview(Kind.NONE, why, null, "", size, 0);
    }

    /** Whether an encoding may be asked for. */
    public static boolean isEncoding(String name) {
        return PreviewText.ENCODINGS.containsKey(name);
    }

    /** Those that may be asked for. */
    public static String encodings() {
        return String.join(", ", PreviewText.ENCODINGS.keySet());
    }

    /** @param encoding in which a text is read; empty to guess */
    public static Preview of(FileContents contents, LinkedFiles.Linked file, String encoding) throws IOException {
        long size = file.file().attributes().size();
        byte[] head = contents.head(file.cursor(), file.file(), MOST_TEXT_BYTES);
        if (encoding.isEmpty() && PictureType.of(head).isPresent()) {
            return size <= MOST_PICTURE_BYTES
                    ? new Preview(Kind.PICTURE, "", null, "", size, 0)
                    : none("too-large", size);
        }
        Optional<PreviewText> text = encoding.isEmpty()
                ? PreviewText.guess(head, head.length == size)
                : Optional.of(PreviewText.in(encoding, head));
        return text.map(found -> new Preview(Kind.TEXT, "", found.text(), found.encoding(), size, head.length))
                .orElseGet(() -> none("binary", size));
    }

    /** The media type of a file that is shown as a picture; empty for every other. */
    public static Optional<String> picture(FileContents contents, LinkedFiles.Linked file) throws IOException {
        return file.file().attributes().size() > MOST_PICTURE_BYTES
                ? Optional.empty()
                : PictureType.of(contents.head(file.cursor(), file.file(), HEAD_BYTES))
                        .map(PictureType::mediaType);
    }
}
