package dev.holdfast.server.preflight;

import dev.holdfast.protocol.cli.ByteText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How much content the machine backs up and restores in an hour. The stages of a backup work at the same time on different
 * chunks: disks and network each bound it by themselves, and the processors by the sum of what a chunk costs. The model and
 * its constants are explained in docs/performance.md.
 *
 * @param newBytesPerHour of content that the appliance does not have
 * @param knownBytesPerHour of content that it has: only hashes are sent and looked up
 * @param restoreBytesPerHour of content
 * @param newByProcessors and {@code restoreByProcessors}: bytes of an hour if nothing else were a bound
 */
public record Prediction(
        double newBytesPerHour,
        double knownBytesPerHour,
        double restoreBytesPerHour,
        double newByProcessors,
        double restoreByProcessors,
        Limit limit) {
    private static final double SECONDS = 3600;
    /** Of the link, without the overhead of Ethernet, IP and TLS. */
    private static final double NETWORK_SHARE = 0.94;
    /** Of the processors: what is left beside frames, the index, the collector of garbage. */
    private static final double PROCESSOR_SHARE = 0.55;
    /** Of the cost of TLS and its connection, the sender's; the receiver has the rest. */
    private static final double SENDING = 2.0 / 3;

    private static final double CHUNK_BYTES = 256 << 10;
    /** One read of a container's trailer answers the look-ups of so many chunks (docs/performance.md). */
    private static final double CHUNKS_PER_READ = 100;
    /** Frames are synced together, as the committer does it. */
    private static final double GROUP_BYTES = 64 << 20;
    /** Look-ups of one core in a second. */
    private static final double LOOKUPS_PER_CORE = 20_000;

    /** What bounds one direction. */
    record Bound(String what, double bytesPerSecond) {}

    /**
     * What to improve first.
     *
     * @param direction backup or restore
     */
    public record Limit(String what, String direction, double bytesPerHour) {}

    static Prediction of(
            ProcessorProbe.Processors cpu, List<DiskProbe.Disk> disks, List<NetworkProbe.Network> networks) {
        double wire = cpu.wireShare();
        List<Bound> in = new ArrayList<>();
        List<Bound> out = new ArrayList<>();
        // Chunks stay packed on the wire and on the disk.
        double cipher = wire / cpu.allCores("cipher");
        double received = (1 - SENDING) * wire / cpu.tlsBytes() + cipher;
        double sent = SENDING * wire / cpu.tlsBytes() + cipher;
        in.add(new Bound(
                "processors", PROCESSOR_SHARE / (received + 1 / cpu.allCores("unpack") + 1 / cpu.allCores("digest"))));
        out.add(new Bound("processors", PROCESSOR_SHARE / sent));
        in.add(new Bound("disks", disks.stream().mapToDouble(Prediction::stored).sum() / wire));
        out.add(new Bound(
                "disks", disks.stream().mapToDouble(DiskProbe.Disk::readBytes).sum() / wire));
        double link = networks.stream()
                .filter(NetworkProbe.Network::up)
                .mapToDouble(NetworkProbe.Network::bytesPerSecond)
                .max()
                .orElse(0);
        if (link > 0) {
            in.add(new Bound("network", NETWORK_SHARE * link / wire));
            out.add(new Bound("network", NETWORK_SHARE * link / wire));
        }
        double reads = disks.stream().mapToDouble(DiskProbe.Disk::randomReads).sum();
        double known = Math.min(reads * CHUNKS_PER_READ, cpu.cores() * LOOKUPS_PER_CORE) * CHUNK_BYTES;
        Bound backup = least(in);
        Bound restore = least(out);
        boolean first = backup.bytesPerSecond <= restore.bytesPerSecond;
        Bound tightest = first ? backup : restore;
        return new Prediction(
                SECONDS * backup.bytesPerSecond,
                SECONDS * known,
                SECONDS * restore.bytesPerSecond,
                SECONDS * in.getFirst().bytesPerSecond,
                SECONDS * out.getFirst().bytesPerSecond,
                new Limit(tightest.what, first ? "backup" : "restore", SECONDS * tightest.bytesPerSecond));
    }

    private static double stored(DiskProbe.Disk disk) {
        return GROUP_BYTES / (GROUP_BYTES / disk.writeBytes() + disk.fsyncMillis() / 1000);
    }

    private static Bound least(List<Bound> bounds) {
        return bounds.stream()
                .min(Comparator.comparingDouble(Bound::bytesPerSecond))
                .orElseThrow();
    }

    /** The bottleneck in one sentence, with what to do. */
    String bottleneck() {
        String rate = ByteText.of((long) limit.bytesPerHour) + "/h";
        return "The " + limit.what + " limit " + limit.direction + " to " + rate + ": "
                + switch (limit.what) {
                    case "disks" ->
                        "use faster or more disks (--volume for each), or let the RAID controller's protected cache write back";
                    case "network" -> "use a faster link, or a bond of several";
                    default -> "use more or faster cores";
                };
    }
}
