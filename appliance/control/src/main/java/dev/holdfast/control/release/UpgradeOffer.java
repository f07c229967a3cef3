package dev.holdfast.control.release;

import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Frames;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which version a node's client can be upgraded to. Whether its kind of installation fits a package, only the client knows.
 *
 * @param version the newest that is offered for the node's architecture; null where none is, or the client cannot take it
 */
public record UpgradeOffer(State state, @Nullable ReleaseVersion version) {
    private static final Pattern SOFTWARE = Pattern.compile("holdfast/([0-9][A-Za-z0-9.+~]{0,63})");

    /** Whether there is a newer version for a node, and why not. */
    public enum State {
        /** A newer version is offered. */
        NEWER,
        /** No version that is offered is newer than the client's. */
        NEWEST,
        /** No package is offered for the node's architecture. */
        NONE,
        /** The client has not told its version yet. */
        UNKNOWN,
        /** The client is too old to upgrade itself. */
        TOO_OLD;

        /** As the API names it: {@code too-old}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** @param offered the newest version first */
    public static UpgradeOffer of(Node node, List<ReleaseSignature> offered) {
        Optional<ReleaseVersion> installed = installed(node);
        if (installed.isEmpty()) {
            return new UpgradeOffer(State.UNKNOWN, null);
        }
        if (node.protocol() < Frames.UPGRADES) {
            return new UpgradeOffer(State.TOO_OLD, null);
        }
        String architecture = architecture(node.platform());
        for (ReleaseSignature each : offered) {
            if (architecture.isEmpty() || each.about().architecture().equals(architecture)) {
                ReleaseVersion version = each.about().version();
                return new UpgradeOffer(version.compareTo(installed.get()) > 0 ? State.NEWER : State.NEWEST, version);
            }
        }
        return new UpgradeOffer(State.NONE, null);
    }

    /** The version of a node's client at its last connection. */
    public static Optional<ReleaseVersion> installed(Node node) {
        Matcher known = SOFTWARE.matcher(node.software());
        return known.matches() ? Optional.of(new ReleaseVersion(known.group(1))) : Optional.empty();
    }

    /** Debian's name of it; empty where the platform, as the client told it at its enrolment, does not say. */
    private static String architecture(String platform) {
        return switch (platform.substring(platform.lastIndexOf(' ') + 1)) {
            case "amd64", "x86_64" -> "amd64";
            case "arm64", "aarch64" -> "arm64";
            default -> "";
        };
    }
}
