package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What the ways to take snapshots share in one run.
 *
 * @param state the client's directory
 * @param tell takes a line for people
 */
record Taking(
        Platform live, View view, SnapshotRecord record, Path state, SourceSnapshots wanted, Consumer<String> tell) {
    /**
     * Says that a file system is read while it changes.
     *
     * @throws PhrasedException where snapshots of it were demanded
     */
    void refuse(Survey.FileSystem fileSystem, Throwable why) throws IOException {
        if (wanted.mode() != SnapshotMode.AUTO && fileSystem.ofSource()) {
            throw new PhrasedException(
                    Phrase.of("client.snapshot-impossible")
                            .with("place", fileSystem.told())
                            .with("reason", why),
                    why);
        }
        if (fileSystem.stores()) {
            tell.accept(
                    "no snapshot of " + fileSystem.told() + ", which is read while it changes: " + why.getMessage());
        }
    }
}
