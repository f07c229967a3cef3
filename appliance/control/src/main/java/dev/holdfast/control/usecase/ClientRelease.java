package dev.holdfast.control.usecase;

import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Frames;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The release of a node's client, as it told at its last connection, beside the appliance's own.
 *
 * @param number such as 0.1.0; empty where it has not connected since the appliance notes it
 * @param state newer (than the appliance), old (it speaks an older protocol than the appliance), or empty
 */
record ClientRelease(String number, String state) {
    private static final Pattern SOFTWARE = Pattern.compile("holdfast/([0-9][A-Za-z0-9.+~]{0,63})");
    private static final ReleaseVersion OWN = new ReleaseVersion(Release.NUMBER);
    private static final String NEWER = "newer";
    private static final String OLD = "old";

    static ClientRelease of(Node node) {
        Matcher known = SOFTWARE.matcher(node.software());
        boolean numbered = known.matches();
        String number = numbered ? known.group(1) : node.software();
        if (node.protocol() > Frames.NEWEST_VERSION || numbered && new ReleaseVersion(number).compareTo(OWN) > 0) {
            return new ClientRelease(number, NEWER);
        }
        return new ClientRelease(number, node.protocol() > 0 && node.protocol() < Frames.NEWEST_VERSION ? OLD : "");
    }
}
