package dev.holdfast.control.browse;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The kinds of pictures that are shown, told by how a file begins, whatever its name is. None of them can hold a script: SVG
 * is no picture here.
 */
enum PictureType {
    PNG("image/png"),
    JPEG("image/jpeg"),
    GIF("image/gif"),
    WEBP("image/webp");

    /** A picture beyond this size would take more memory of the browser than a preview is worth. */
    private static final long MOST_PIXELS = 50_000_000;

    private final String mediaType;

    PictureType(String mediaType) {
        this.mediaType = mediaType;
    }

    String mediaType() {
        return mediaType;
    }

    /** The kind of a picture of a size that can be shown; empty for everything else. */
    static Optional<PictureType> of(byte[] head) {
        for (PictureType each : values()) {
            if (each.begins(head)) {
                long pixels = each.pixels(head);
                return pixels > 0 && pixels <= MOST_PIXELS ? Optional.of(each) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private boolean begins(byte[] head) {
        return switch (this) {
            case PNG -> has(head, 0, "\u0089PNG\r\n\u001A\n") && has(head, 12, "IHDR");
            case JPEG -> has(head, 0, "\u00FF\u00D8\u00FF");
            case GIF -> has(head, 0, "GIF87a") || has(head, 0, "GIF89a");
            case WEBP -> has(head, 0, "RIFF") && has(head, 8, "WEBPVP8");
        };
    }

    /** How many pixels its header says; 0 where that cannot be told. */
    private long pixels(byte[] head) {
        return switch (this) {
            case PNG -> number(head, 16, 4, true) * number(head, 20, 4, true);
            case JPEG -> jpeg(head);
            case GIF -> number(head, 6, 2, false) * number(head, 8, 2, false);
            case WEBP -> webp(head);
        };
    }

    /** The first frame header tells it; the segments before it say how long they are. */
    private static long jpeg(byte[] head) {
        int at = 2;
        while (at + 9 < head.length && (head[at] & 0xFF) == 0xFF) {
            int marker = head[at + 1] & 0xFF;
            boolean frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
            if (frame) {
                return number(head, at + 5, 2, true) * number(head, at + 7, 2, true);
            }
            // Fill bytes may stand before a marker.
            at += marker == 0xFF ? 1 : 2 + (int) number(head, at + 2, 2, true);
        }
        return 0;
    }

    private static long webp(byte[] head) {
        if (has(head, 12, "VP8X")) {
            return (number(head, 24, 3, false) + 1) * (number(head, 27, 3, false) + 1);
        }
        if (has(head, 12, "VP8L")) {
            long bits = number(head, 21, 4, false);
            return ((bits & 0x3FFF) + 1) * (((bits >> 14) & 0x3FFF) + 1);
        }
        return (number(head, 26, 2, false) & 0x3FFF) * (number(head, 28, 2, false) & 0x3FFF);
    }

    private static boolean has(byte[] head, int at, String mark) {
        byte[] wanted = mark.getBytes(StandardCharsets.ISO_8859_1);
        return head.length >= at + wanted.length
                && Arrays.equals(head, at, at + wanted.length, wanted, 0, wanted.length);
    }

    /** An unsigned number; 0 where the file ends before it. */
    private static long number(byte[] head, int at, int bytes, boolean bigEndian) {
        if (head.length < at + bytes) {
            return 0;
        }
        long number = 0;
        for (int i = 0; i < bytes; i++) {
            number = number << 8 | head[at + (bigEndian ? i : bytes - 1 - i)] & 0xFF;
        }
        return number;
    }
}
