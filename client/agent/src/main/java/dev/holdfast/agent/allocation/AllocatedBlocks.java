package dev.holdfast.agent.allocation;

import dev.holdfast.agent.image.BlockChanges;
import dev.holdfast.agent.image.BlockSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A disk whose free blocks seem to be zeros. */
record AllocatedBlocks(BlockSource disk, FreeBlocks free) implements BlockSource {
    @Override
    public long size() {
        return disk.size();
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        return disk.read(position, target, offset, length);
    }

    @Override
    public long nextData(long position) throws IOException {
        long at = free.nextUsed(position);
        while (at < size()) {
            long data = disk.nextData(at);
            if (data < 0) {
                return data;
            }
            at = free.nextUsed(data);
            if (at == data) {
                return data;
            }
        }
        return -1;
    }

    @Override
    public long nextHole(long position) throws IOException {
        return Math.min(disk.nextHole(position), free.nextFree(position));
    }

    @Override
    public Optional<BlockChanges> changes() {
        return disk.changes();
    }

    @Override
    public Optional<Path> place() {
        return disk.place();
    }

    @Override
    public Optional<String> writers() throws IOException {
        return disk.writers();
    }

    @Override
    public long unallocatedBytes() {
        return free.bytes();
    }

    @Override
    public Optional<String> doubt() throws IOException {
        return disk.doubt();
    }

    @Override
    public void close() throws IOException {
        disk.close();
    }
}
