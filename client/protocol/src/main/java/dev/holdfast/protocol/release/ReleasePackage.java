package dev.holdfast.protocol.release;

import java.util.regex.Pattern;

/**
 * What a signature says of a package. All of it is signed, so that a signature serves for exactly one file, and an older
 * version cannot be offered as a newer one.
 *
 * @param product such as {@value #CLIENT}
 * @param architecture as Debian names it, such as {@code amd64}
 * @param sha256 of the file, in 64 hexadecimal digits
 */
public record ReleasePackage(
        String product, ReleaseVersion version, String architecture, PackageKind kind, long size, String sha256) {
    /** The product that clients install. */
    public static final String CLIENT = "holdfast-client";

    /** A client's package takes about 45 MB. */
    public static final long MAX_BYTES = 256L << 20;

    private static final Pattern WORD = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    public ReleasePackage {
        require(WORD.matcher(product).matches(), "product", product);
        require(WORD.matcher(architecture).matches(), "architecture", architecture);
        require(size >= 1 && size <= MAX_BYTES, "size", Long.toString(size));
        require(SHA_256.matcher(sha256).matches(), "sha256", sha256);
    }

    private static void require(boolean right, String field, String value) {
        if (!right) {
            throw new IllegalArgumentException("the " + field + " '" + value + "' is not valid");
        }
    }

    /** For people. */
    public String label() {
        return product + " " + version + " (" + kind.text() + ", " + architecture + ")";
    }
}
