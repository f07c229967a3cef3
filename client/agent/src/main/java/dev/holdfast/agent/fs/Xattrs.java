package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Lists of extended attributes, sorted by name. */
public final class Xattrs {
    private Xattrs() {}

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
            default -> text.startsWith("security.SMACK64") || text.startsWith("system.");
        };
    }

    /** Whether a file that has {@code present} needs no change to have what a snapshot recorded. */
    public static boolean same(List<Xattr> recorded, List<Xattr> present) {
        int at = 0;
        for (Xattr each : present) {
            if (at < recorded.size() && Arrays.equals(recorded.get(at).name(), each.name())) {
                if (!Arrays.equals(recorded.get(at).value(), each.value())) {
                    return false;
                }
                at++;
            } else if (!ofSystem(each.name())) {
                return false;
            }
        }
        return at == recorded.size();
    }
}
