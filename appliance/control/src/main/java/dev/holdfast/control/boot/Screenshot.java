package dev.holdfast.control.boot;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/**
 * A picture of a machine's screen, as PNG.
 *
 * @param sha256 of the file's bytes, hexadecimal
 */
record Screenshot(byte[] png, String sha256, int width, int height) {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int MOST_SIDE = 8192;
    private static final int MOST_PIXELS = 16 << 20;
    private static final int MOST_DIGITS = 5;
    private static final int PIXEL_BYTES = 3;

    /** Makes it from a file that QEMU wrote: PPM, which all versions of it know. */
    static Screenshot ofPpm(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            if (in.read() != 'P' || in.read() != '6' || !Character.isWhitespace(in.read())) {
                throw FormatException.corrupt("the picture of the screen is no PPM");
            }
            int width = number(in);
            int height = number(in);
            if (number(in) != 255
                    || width < 1
                    || width > MOST_SIDE
                    || height < 1
                    || height > MOST_SIDE
                    || width * height > MOST_PIXELS) {
                throw FormatException.corrupt("the picture of the screen has " + width + " × " + height + " pixels");
            }
            byte[] png = png(in, width, height);
            return new Screenshot(png, HashAlgorithm.SHA_256.digest(png).toString(), width, height);
        }
    }

    private static int number(InputStream in) throws IOException {
        int number = 0;
        for (int digits = 0; digits <= MOST_DIGITS; digits++) {
            int next = in.read();
            if (digits > 0 && Character.isWhitespace(next)) {
                return number;
            }
            if (next < '0' || next > '9') {
                break;
            }
            number = number * 10 + next - '0';
        }
        throw FormatException.corrupt("the picture of the screen has no size");
    }

    private static byte[] png(InputStream pixels, int width, int height) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (DeflaterOutputStream rows = new DeflaterOutputStream(compressed)) {
            byte[] row = new byte[width * PIXEL_BYTES];
            for (int y = 0; y < height; y++) {
                if (pixels.readNBytes(row, 0, row.length) < row.length) {
                    throw FormatException.corrupt("the picture of the screen is cut off");
                }
                // Each row as it is.
                rows.write(0);
                rows.write(row);
            }
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(file);
        out.write(SIGNATURE);
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream fields = new DataOutputStream(header);
        fields.writeInt(width);
        fields.writeInt(height);
        // 8 bits a colour, red green blue, the only method of compression and of filters, not interlaced.
        fields.write(new byte[] {8, 2, 0, 0, 0});
        chunk(out, "IHDR", header.toByteArray());
        chunk(out, "IDAT", compressed.toByteArray());
        chunk(out, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static void chunk(DataOutputStream out, String type, byte[] content) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(content);
        out.writeInt(content.length);
        out.write(name);
        out.write(content);
        out.writeInt((int) crc.getValue());
    }
}
