package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Selector;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.text.LooseText;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say which snapshots are meant, where their age alone does not. */
final class SelectOptions {
    @Option(
            names = "--path",
            paramLabel = "PATH",
            description = "Only snapshots that have this path, as an absolute path. Without it, 'latest:PATH' is the"
                    + " latest that has PATH.")
    private @Nullable String path;

    @Option(names = "--host", paramLabel = "NAME", description = "Only snapshots made when the machine had this name.")
    private @Nullable String host;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "Only snapshots with this tag; may be repeated, for all of them.")
    private List<String> tags = List.of();

    Selector selector() {
        try {
            return new Selector(path == null ? null : TreePath.parse(LooseText.escaped(path)), host, tags);
        } catch (FormatException e) {
            throw new IllegalArgumentException("--path: " + e.getMessage(), e);
        }
    }

    /** All that are meant, oldest first. */
    List<Appliance.Listed> all(Appliance appliance) throws IOException {
        return selector().select(appliance.snapshots());
    }

    /** One by {@code latest} or its id. */
    Appliance.Listed find(Appliance appliance, String snapshot) throws IOException {
        return appliance.find(snapshot, selector());
    }

    /** Likewise; the latest is one that has the path, where there is such. */
    Appliance.Listed find(Appliance appliance, SnapshotPath where) throws IOException {
        Selector given = selector();
        if (!where.snapshot().equals("latest") || where.path().isRoot() || given.path() != null) {
            return appliance.find(where.snapshot(), given);
        }
        Selector having = new Selector(where.path(), given.host(), given.tags());
        boolean any = !having.select(appliance.snapshots()).isEmpty();
        return appliance.find(where.snapshot(), any ? having : given);
    }
}
