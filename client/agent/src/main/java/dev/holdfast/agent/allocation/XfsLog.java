package dev.holdfast.agent.allocation;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether the log of XFS holds changes that are not in their places yet. */
final class XfsLog {
    private static final Pattern STATE = Pattern.compile("log tail: \\d+ head: \\d+ state: <([A-Z]+)>");
    private static final int MOST_BYTES = 1 << 16;

    private XfsLog() {}

    /** @throws IOException where it does, or nobody knows */
    static void requireClean(Jail jail) throws IOException {
        Jail.Ran<String> ran = jail.run("xfs_logprint", List.of("-t", jail.node()), output -> {
            String text = new String(output.readNBytes(MOST_BYTES), StandardCharsets.ISO_8859_1);
            output.transferTo(OutputStream.nullOutputStream());
            return text;
        });
        Matcher state = STATE.matcher(ran.good());
        if (!state.find() || !state.group(1).equals("CLEAN") || state.find()) {
            throw new IOException("its log must be replayed");
        }
    }
}
