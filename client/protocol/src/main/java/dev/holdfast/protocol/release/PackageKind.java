package dev.holdfast.protocol.release;

import java.util.Arrays;
import java.util.Optional;

/** How the client's files are packed. The names are part of the signature format. */
public enum PackageKind {
    /** A Debian package. */
    DEB("deb"),
    /** A compressed archive for systems that have no package manager of the above. */
    ARCHIVE("tar.zst");

    private final String text;

    PackageKind(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    public static Optional<PackageKind> of(String text) {
        return Arrays.stream(values()).filter(kind -> kind.text.equals(text)).findFirst();
    }
}
