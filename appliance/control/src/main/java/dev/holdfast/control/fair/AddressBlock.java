package dev.holdfast.control.fair;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/** The block of addresses that one caller is taken to have: one IPv4 address, or an IPv6 network of 64 bits. */
public final class AddressBlock {
    private static final int NETWORK_BYTES = 8;

    private AddressBlock() {}

    /** @param address a literal, with or without brackets; anything else is its own block */
    public static String of(String address) {
        String literal =
                address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
        try {
            // Reads IPv4 addresses that are written as IPv6 as what they are.
            return of(InetAddress.ofLiteral(literal));
        } catch (IllegalArgumentException e) {
            return address;
        }
    }

    public static String of(InetAddress address) {
        return address instanceof Inet6Address six
                ? HexFormat.ofDelimiter(":").formatHex(Arrays.copyOf(six.getAddress(), NETWORK_BYTES)) + "/64"
                : address.getHostAddress();
    }
}
