package dev.holdfast.agent.image;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** A random sample of the blocks of a snapshot's disks, for rehearsals: restoring whole disks would take too long. */
public final class DiskSample {
    private final List<Digest> blocks;

    private DiskSample(List<Digest> blocks) {
        this.blocks = blocks;
    }

    /**
     * Chooses blocks, each with the same chance; one walk over the manifest.
     *
     * @param bytes about how much
     */
    public static DiskSample of(TreeCursor.Pages manifest, List<TreePath> disks, long bytes, Random random)
            throws IOException {
        // Each block gets a random number, and those with the smallest stay.
        TreeMap<Long, DiskContent.Piece.Data> chosen = new TreeMap<>();
        long sum = 0;
        for (TreePath disk : disks) {
            DiskContent content = DiskContent.open(manifest, disk);
            for (DiskContent.Piece each = content.next(); each != null; each = content.next()) {
                if (!(each instanceof DiskContent.Piece.Data data)) {
                    continue;
                }
                long ticket = random.nextLong();
                if (sum >= bytes && ticket > chosen.lastKey()) {
                    continue;
                }
                DiskContent.Piece.Data before = chosen.put(ticket, data);
                sum += data.length() - (before == null ? 0 : before.length());
                while (chosen.size() > 1 && sum > bytes) {
                    sum -= chosen.pollLastEntry().getValue().length();
                }
            }
        }
        List<Digest> blocks = new ArrayList<>();
        chosen.values().forEach(each -> blocks.add(each.extent().chunk()));
        return new DiskSample(blocks);
    }

    /** How many blocks there are in the sample. */
    public int size() {
        return blocks.size();
    }

    /**
     * Reads the next block, and compares it with its hash.
     *
     * @param index 0 to {@link #size}
     * @return its bytes
     * @throws IOException where it cannot be read, or is damaged
     */
    public long read(Appliance appliance, int index) throws IOException {
        return appliance.read(blocks.get(index)).length;
    }
}
