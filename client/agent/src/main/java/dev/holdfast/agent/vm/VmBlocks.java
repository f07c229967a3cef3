package dev.holdfast.agent.vm;

import dev.holdfast.agent.image.BlockChanges;
import dev.holdfast.agent.image.BlockSource;
import dev.holdfast.agent.image.ExtentCursor;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdClient;
import dev.holdfast.protocol.nbd.NbdClientOptions;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The content of a machine's disk at the moment of the backup, and what changed since a snapshot. */
final class VmBlocks implements BlockSource {
    private static final String ALLOCATION = "base:allocation";
    private static final String BITMAP = "qemu:dirty-bitmap:";

    private final NbdClient client;
    private final Watch watch;
    private final ExtentCursor allocated;
    private final @Nullable BlockChanges changes;

    private VmBlocks(NbdClient client, Watch watch, @Nullable BlockChanges changes) {
        this.client = client;
        this.watch = watch;
        this.allocated = new ExtentCursor(client, ALLOCATION, NbdExtent.ZERO);
        this.changes = changes;
    }

    /**
     * What an export has.
     *
     * @param bitmap that tells what changed; null where none does
     * @param since the snapshot from which it counts
     * @param unused takes why all is read
     */
    record Known(@Nullable String bitmap, UUID since, Consumer<String> unused) {}

    static VmBlocks open(Path socket, String export, long size, Watch watch, Known known) throws IOException {
        String context = BITMAP + known.bitmap();
        NbdClientOptions options = NbdClientOptions.of(export);
        NbdClient client = NbdClient.connect(
                NbdAddress.unix(socket),
                known.bitmap() == null ? options.withContexts(ALLOCATION) : options.withContexts(ALLOCATION, context));
        if (client.size() != size) {
            client.close();
            throw new IOException("the machine serves " + client.size() + " bytes of a disk of " + size);
        }
        ExtentCursor dirty = new ExtentCursor(client, context, NbdExtent.DIRTY);
        if (known.bitmap() != null && !dirty.known()) {
            known.unused().accept("the machine does not export its dirty bitmap");
        }
        return new VmBlocks(
                client, watch, known.bitmap() != null && dirty.known() ? new Dirty(dirty, size, known) : null);
    }

    /** What a bitmap says. */
    private record Dirty(ExtentCursor cursor, long size, Known known) implements BlockChanges {
        @Override
        public UUID since() {
            return known.since();
        }

        @Override
        public long nextChange(long position) throws IOException {
            return cursor.next(position, true, -1);
        }

        @Override
        public long nextSame(long position) throws IOException {
            return cursor.next(position, false, size);
        }

        @Override
        public void unused(String why) {
            known.unused().accept(why);
        }
    }

    @Override
    public long size() {
        return client.size();
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        if (position >= size()) {
            return -1;
        }
        int count = (int) Math.min(length, size() - position);
        return (int) told(() -> {
            client.read(position, ByteBuffer.wrap(target, offset, count));
            return count;
        });
    }

    /** Asks the server. */
    private interface Call {
        long run() throws IOException;
    }

    /** Where something else ended the connection, that is told. */
    private long told(Call call) throws IOException {
        try {
            return call.run();
        } catch (IOException e) {
            watch.throwIfFailed();
            throw e;
        }
    }

    @Override
    public long nextData(long position) throws IOException {
        return allocated.known() ? told(() -> allocated.next(position, false, -1)) : position >= size() ? -1 : position;
    }

    @Override
    public long nextHole(long position) throws IOException {
        return allocated.known() ? told(() -> allocated.next(position, true, size())) : size();
    }

    @Override
    public Optional<BlockChanges> changes() {
        return Optional.ofNullable(changes);
    }

    @Override
    public Optional<String> doubt() throws IOException {
        // Not a doubt: without the moment there is no snapshot at all.
        watch.check();
        return Optional.empty();
    }

    @Override
    public void close() {
        client.close();
    }
}
