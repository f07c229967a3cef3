package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Lists of extended attributes, sorted by name. */
public final class Xattrs {
    private static final String XFS_ACL = "trusted.SGI_ACL_";

    private Xattrs() {}

    /** Whether it shows, in the form of one file system (XFS), what an attribute that all have shows as well: an ACL. */
    public static boolean alias(byte[] name) {
        return new String(name, StandardCharsets.ISO_8859_1).startsWith(XFS_ACL);
    }

    /**
     * Whether the system gives this attribute to files by itself, so that finding it on a file does not tell that somebody
     * set it: the labels of security modules, and what file systems show as attributes. A restore sets them where the
     * snapshot has them, and removes none.
     */
    static boolean ofSystem(byte[] name) {
        String text = new String(name, StandardCharsets.ISO_8859_1);
        return switch (text) {
            case "security.selinux", "security.ima", "security.evm", "security.apparmor" -> true;
            case "system.posix_acl_access", "system.posix_acl_default" -> false;
            default -> alias(name) || text.startsWith("security.SMACK64") || text.startsWith("system.");
        };
    }

    /** Whether a file that has {@code present} needs no change to have what a snapshot recorded. */
    public static boolean same(List<Xattr> recorded, List<Xattr> present) {
        List<Xattr> wanted =
                recorded.stream().filter(each -> !alias(each.name())).toList();
        int at = 0;
        for (Xattr each : present) {
            if (at < wanted.size() && Arrays.equals(wanted.get(at).name(), each.name())) {
                if (!Arrays.equals(wanted.get(at).value(), each.value())) {
                    return false;
                }
                at++;
            } else if (!ofSystem(each.name())) {
                return false;
            }
        }
        return at == wanted.size();
    }
}
