package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.protocol.cli.TypedCommand;
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
            throw new IOException("cannot restore to '" + wanted + "'; expected an absolute path without '.' and '..'");
        }
        @Nullable Path existing = wanted;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null) {
            throw new IOException("cannot restore to '" + wanted + "': it has no existing parent directory");
        }
        Path real = existing.toRealPath().resolve(existing.relativize(wanted)).normalize();
        for (Path each : rights.below()) {
            Files.createDirectories(each);
            Path root = each.toRealPath();
            if (real.startsWith(root)) {
                return new RestoreTarget(root, real);
            }
        }
        throw new IOException("this client restores by order only below " + rights.below() + ", not to " + wanted
                + "; its administrator decides that with: "
                + TypedCommand.client(state, "service", "--restore-below", "DIR"));
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
