package dev.holdfast.agent.allocation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What blkid recognizes. A member of LVM, RAID or an encrypted volume can have what is left of an older file system in it. */
final class Signatures {
    private static final String TYPE = "TYPE=";
    private static final int MOST_BYTES = 1 << 16;

    private Signatures() {}

    /** @throws IOException where there is anything else, or several things */
    static void requireOnly(Jail jail, FileSystem.Kind kind) throws IOException {
        Jail.Ran<String> ran = jail.run(
                "blkid",
                List.of("-p", "-o", "export", jail.node()),
                output -> new String(output.readNBytes(MOST_BYTES), StandardCharsets.ISO_8859_1));
        String type = ran.output()
                .lines()
                .filter(line -> line.startsWith(TYPE))
                .map(line -> line.substring(TYPE.length()))
                .findFirst()
                .orElse("several things or none");
        if (ran.code() != 0 || !type.matches(kind.types)) {
            throw new IOException("blkid finds " + type.replaceAll("[^ -~]", "?"));
        }
    }
}
