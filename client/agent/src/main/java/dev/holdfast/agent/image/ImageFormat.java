package dev.holdfast.agent.image;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Formats of disk images, by the names that qemu gives them. */
public enum ImageFormat {
    RAW("raw"),
    QCOW2("qcow2"),
    VHD("vpc"),
    VHDX("vhdx"),
    VMDK("vmdk");

    /** So many bytes at a file's beginning tell its format. */
    static final int HEAD_BYTES = 512;

    private static final List<Magic> MAGICS = List.of(
            new Magic(QCOW2, new byte[] {'Q', 'F', 'I', (byte) 0xFB}),
            new Magic(VHDX, ascii("vhdxfile")),
            new Magic(VHD, ascii("conectix")),
            new Magic(VMDK, ascii("KDMV")),
            new Magic(VMDK, ascii("# Disk DescriptorFile")));

    private record Magic(ImageFormat format, byte[] bytes) {}

    private final String qemu;

    ImageFormat(String qemu) {
        this.qemu = qemu;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    /** What qemu calls it. */
    public String qemu() {
        return qemu;
    }

    /** What people call it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException where there is no such format */
    public static ImageFormat parse(String text) {
        return Arrays.stream(values())
                .filter(each -> each.text().equals(text.toLowerCase(Locale.ROOT)))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no such disk format: '" + text + "'; there are raw, qcow2, vhd, vhdx and vmdk"));
    }

    /**
     * The format of a file that begins like this; raw where nothing tells another. A machine can write the header of another format to
     * its raw disk: a file whose name says that it is raw is not looked at, and nothing is read that a header only refers to.
     */
    static ImageFormat of(byte[] head) {
        Optional<Magic> found = MAGICS.stream()
                .filter(each -> head.length >= each.bytes.length
                        && Arrays.equals(each.bytes, Arrays.copyOf(head, each.bytes.length)))
                .findFirst();
        return found.map(Magic::format).orElse(RAW);
    }
}
