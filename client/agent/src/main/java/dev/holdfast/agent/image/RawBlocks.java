package dev.holdfast.agent.image;

import dev.holdfast.agent.fs.BlockFile;
import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;

/** A block device, or a file with a disk's bytes as they are. */
final class RawBlocks implements BlockSource {
    private final Path path;
    private final BlockFile file;
    private final FileTime modified;
    private final List<String> uses;

    RawBlocks(Platform platform, Path path) throws IOException {
        this.path = path;
        this.file = platform.openBlocks(path, false);
        try {
            this.modified = Files.getLastModifiedTime(path);
            this.uses = file.device() ? DeviceUse.of(path) : List.of();
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        return file.read(position, target, offset, length);
    }

    @Override
    public long nextData(long position) throws IOException {
        return file.nextData(position);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return file.nextHole(position);
    }

    @Override
    public Optional<String> doubt() throws IOException {
        if (!uses.isEmpty()) {
            return Optional.of(
                    "in use while it was read (" + String.join(", ", uses)
                            + "), so that it may be a mixture of several moments; back up a snapshot of it, or while it is not used");
        }
        if (!file.device() && !Files.getLastModifiedTime(path).equals(modified)) {
            return Optional.of("written to while it was read; back it up while its machine is off");
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
