package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.OwnSnapshots;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What this machine's administrator lets orders restore. No order and no appliance changes it.
 *
 * @param below directories below which orders may restore; each stands for everything below
 * @param privileged whether restores of this client's own snapshots keep set-id bits, capabilities and device nodes.
 *     Every other snapshot loses them always
 */
public record RestoreRights(List<Path> below, boolean privileged) {
    /** Of a directory; their bytes fit the message. */
    private static final int MAX_TOLD_CHARACTERS = 1000;

    public RestoreRights {
        below = List.copyOf(below);
    }

    /**
     * What the appliance is told of {@link #below}: absolute paths, each directory as it is named here, and where it really is
     * if that differs. Empty where there are too many to tell.
     */
    Optional<List<String>> told() {
        Set<String> told = new LinkedHashSet<>();
        for (Path each : below) {
            told.add(each.toAbsolutePath().normalize().toString());
            try {
                told.add(each.toRealPath().toString());
            } catch (IOException e) {
                // It is made by the first restore.
            }
        }
        boolean fits = told.size() <= Message.Attend.MAX_DIRECTORIES
                && told.stream().allMatch(each -> each.length() <= MAX_TOLD_CHARACTERS);
        return fits ? Optional.of(List.copyOf(told)) : Optional.empty();
    }

    /** What a restore of this snapshot must leave out. */
    Confinement confinement(Path state, RemoteManifest manifest) throws IOException {
        boolean plain = !privileged || !new OwnSnapshots(state).made(manifest);
        return new Confinement(plain, closed(state));
    }

    /** The identity and the scripts of this client. */
    private static Set<FileIdentity> closed(Path state) throws IOException {
        Set<FileIdentity> closed = new HashSet<>();
        for (Path each : List.of(state, state.resolve("scripts"))) {
            if (!Files.isDirectory(each)) {
                continue;
            }
            try (Directory directory = Platform.current().open(each.toString().getBytes(StandardCharsets.UTF_8))) {
                closed.add(FileIdentity.of(directory.stat()));
            }
        }
        return closed;
    }
}
