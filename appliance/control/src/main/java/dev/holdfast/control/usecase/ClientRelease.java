package dev.holdfast.control.usecase;

import dev.holdfast.control.db.Node;
import dev.holdfast.control.release.UpgradeOffer;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Frames;
import java.util.Optional;

/**
 * The release of a node's client, as it told at its last connection, beside the appliance's own.
 *
 * @param number such as 0.1.0; empty where it has not connected since the appliance notes it
 * @param state newer (than the appliance), old (it speaks an older protocol than the appliance), or empty
 */
record ClientRelease(String number, String state) {
    private static final ReleaseVersion OWN = new ReleaseVersion(Release.NUMBER);
    private static final String NEWER = "newer";
    private static final String OLD = "old";

    static ClientRelease of(Node node) {
        Optional<ReleaseVersion> installed = UpgradeOffer.installed(node);
        String number = installed.map(ReleaseVersion::text).orElse(node.software());
        boolean newer = installed.isPresent() && installed.get().compareTo(OWN) > 0;
        if (node.protocol() > Frames.NEWEST_VERSION || newer) {
            return new ClientRelease(number, NEWER);
        }
        return new ClientRelease(number, node.protocol() > 0 && node.protocol() < Frames.NEWEST_VERSION ? OLD : "");
    }
}
