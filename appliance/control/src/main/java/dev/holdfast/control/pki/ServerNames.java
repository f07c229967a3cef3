package dev.holdfast.control.pki;

import dev.holdfast.protocol.cli.HostName;
import java.net.IDN;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the appliance's certificate names, so that a browser that knows the authority accepts each way to reach the
 * appliance.
 *
 * @param dnsNames in lower case, in their ASCII form
 * @param addresses IPv4 and IPv6
 */
public record ServerNames(Set<String> dnsNames, Set<InetAddress> addresses) {
    private static final System.Logger LOG = System.getLogger(ServerNames.class.getName());
    /** Names, and addresses, in one certificate: a host of many containers has many interfaces. */
    private static final int MAX_EACH = 100;

    private static final int MAX_DNS_CHARACTERS = 253;
    private static final Pattern DNS =
            Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");

    public ServerNames {
        dnsNames = Set.copyOf(dnsNames);
        addresses = Set.copyOf(addresses);
    }

    /** Names that stay for the life of the process; the addresses of interfaces come and go. */
    static final class Source {
        private final Set<String> dnsNames = new LinkedHashSet<>();
        private final Set<InetAddress> addresses = new LinkedHashSet<>();

        /**
         * @param listen where the appliance listens
         * @param further as the administrator gave them, see {@link #check}
         */
        Source(InetSocketAddress listen, List<String> further) {
            for (String name : further) {
                add(check(name));
            }
            add(listen.getHostString());
            InetAddress address = listen.getAddress();
            if (address != null) {
                add(address);
            }
            add("localhost");
            add("127.0.0.1");
            add("::1");
            String own = HostName.own();
            add(own);
            add(fullName(own));
        }

        /** As of now. */
        ServerNames names() {
            Set<InetAddress> all = new LinkedHashSet<>(addresses);
            try {
                NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .filter(Source::reachable)
                        .map(Source::plain)
                        .forEach(all::add);
            } catch (SocketException e) {
                LOG.log(System.Logger.Level.WARNING, "the addresses of this machine cannot be listed", e);
            }
            return new ServerNames(limited(dnsNames), limited(all));
        }

        private static <T> Set<T> limited(Set<T> all) {
            return new LinkedHashSet<>(all.stream().limit(MAX_EACH).toList());
        }

        /** A name of the machine that is none in the DNS is left out: nobody reaches the appliance by it. */
        private void add(String name) {
            try {
                add(InetAddress.ofLiteral(name));
            } catch (IllegalArgumentException e) {
                String ascii = ascii(name);
                if (!ascii.isEmpty()) {
                    dnsNames.add(ascii);
                }
            }
        }

        private void add(InetAddress address) {
            if (reachable(address)) {
                addresses.add(plain(address));
            }
        }

        private static boolean reachable(InetAddress address) {
            return !address.isAnyLocalAddress() && !address.isMulticastAddress() && !address.isLinkLocalAddress();
        }

        /** Without the name and the interface that it was found by. */
        private static InetAddress plain(InetAddress address) {
            try {
                return InetAddress.getByAddress(address.getAddress());
            } catch (UnknownHostException e) {
                throw new IllegalStateException("an address of impossible length", e);
            }
        }

        /** With the domain, where the name service gives one; an answer that is another name does not count. */
        private static String fullName(String own) {
            try {
                String full = InetAddress.getByName(own).getCanonicalHostName();
                return full.startsWith(own + ".") ? full : own;
            } catch (UnknownHostException e) {
                return own;
            }
        }
    }

    /**
     * What a certificate that is issued now names.
     *
     * @param listen where the appliance listens
     * @param further as the administrator gave them, see {@link #check}
     */
    public static ServerNames of(InetSocketAddress listen, List<String> further) {
        return new Source(listen, further).names();
    }

    /** For people: names, then addresses. */
    public List<String> texts() {
        return Stream.concat(
                        dnsNames.stream().sorted(),
                        addresses.stream().map(InetAddress::getHostAddress).sorted())
                .toList();
    }

    /** In the form that certificates have; empty where it is no DNS name. */
    static String ascii(String name) {
        try {
            String ascii = IDN.toASCII(name.strip()).toLowerCase(Locale.ROOT);
            return ascii.length() <= MAX_DNS_CHARACTERS && DNS.matcher(ascii).matches() ? ascii : "";
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /**
     * Checks a name that an administrator gave.
     *
     * @throws IllegalArgumentException where it is neither a DNS name nor an address
     */
    public static String check(String name) {
        try {
            return InetAddress.ofLiteral(name).getHostAddress();
        } catch (IllegalArgumentException e) {
            if (ascii(name).isEmpty()) {
                throw new IllegalArgumentException(
                        "'" + name
                                + "' cannot stand in a certificate; write a DNS name, such as backup.example.com, or an"
                                + " IP address",
                        e);
            }
            return name;
        }
    }
}
