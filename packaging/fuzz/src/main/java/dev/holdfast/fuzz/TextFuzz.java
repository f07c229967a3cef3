package dev.holdfast.fuzz;

import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.envelope.RecoveryKey;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What people type: paths, patterns, endpoints, sizes, recovery keys. */
public final class TextFuzz {
    private static final int LONGEST = 4096;

    private TextFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length > LONGEST) {
            return;
        }
        String text = new String(data, StandardCharsets.UTF_8);
        allow(() -> RecoveryKey.parse(text));
        allow(() -> Endpoint.parse(text));
        allow(() -> ByteText.parse(text));
        allow(() -> {
            TreePath path = TreePath.parse(text);
            if (!TreePath.parse(path.toString()).equals(path)) {
                throw new AssertionError("a path changes when it is printed and parsed: " + path);
            }
            new Excludes(List.of(text)).matches(path, false);
        });
    }

    private interface Attempt {
        void run() throws FormatException;
    }

    private static void allow(Attempt attempt) {
        try {
            attempt.run();
        } catch (FormatException | IllegalArgumentException e) {
            if (e.getMessage() == null || e.getMessage().isBlank()) {
                throw new AssertionError("refused without a reason", e);
            }
        }
    }
}
