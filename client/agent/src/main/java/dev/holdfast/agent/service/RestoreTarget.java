package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A directory that an order may restore into.
 *
 * @param root the allowed directory that it is, or lies below
 * @param path its own path, with symlinks resolved as far as it existed
 */
record RestoreTarget(Path root, Path path) {
    /**
     * The directory that an order names, if this client's administrator allows orders to restore there.
     *
     * @param state of this client, for the command that allows more
     */
    static RestoreTarget permitted(Path state, RestoreRights rights, Path wanted) throws IOException {
        if (!wanted.isAbsolute() || !wanted.normalize().equals(wanted)) {
            throw new PhrasedException(Phrase.of("client.target-path").with("target", wanted.toString()));
        }
        @Nullable Path existing = wanted;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null) {
            throw new PhrasedException(Phrase.of("client.target-parent").with("target", wanted.toString()));
        }
        Path real = existing.toRealPath().resolve(existing.relativize(wanted)).normalize();
        for (Path each : rights.below()) {
            Files.createDirectories(each);
            Path root = each.toRealPath();
            if (real.startsWith(root)) {
                return new RestoreTarget(root, real);
            }
        }
        throw new PhrasedException(Phrase.of("client.target-not-allowed")
                .with("below", rights.below().toString())
                .with("target", wanted.toString())
                .with("command", TypedCommand.client(state, "service", "--restore-below", "DIR")));
    }

    /** Step by step from the allowed one, following no symlink that somebody may have put there meanwhile. */
    Directory open(Confinement confinement) throws IOException {
        Directory at = Platform.current().open(root.toString().getBytes(StandardCharsets.UTF_8));
        confinement.requireOpen(at);
        for (Path name : root.relativize(path)) {
            byte[] bytes = name.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length == 0) {
                continue;
            }
            try (Directory above = at) {
                try {
                    above.makeDirectory(bytes);
                } catch (OsException e) {
                    if (!e.exists()) {
                        throw e;
                    }
                }
                at = above.openDirectory(bytes);
            }
            confinement.requireOpen(at);
        }
        return at;
    }
}
