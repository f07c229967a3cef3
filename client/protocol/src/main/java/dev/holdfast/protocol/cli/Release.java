package dev.holdfast.protocol.cli;

/** The release that this program is. */
public final class Release {
    public static final String NUMBER = "0.1.0";

    private Release() {}
}
