package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.Retries;
import dev.holdfast.vault.oss.DistantRelay;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.oss.OssServer.Fault;
import dev.holdfast.vault.oss.OssServer.Mishap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An upload and a restore over a network and a service that fail in all ways at hand, with half of the faults for each hash. {@code -Dholdfast.cloud.faults=500} for
 * the long form, {@code -Dholdfast.cloud.distance=50} for a round trip of so many ms.
 */
class VaultFaultTest {
    private static final int FAULTS = Integer.getInteger("holdfast.cloud.faults", 60);
    private static final int DISTANCE_MILLIS = Integer.getInteger("holdfast.cloud.distance", 0);
    private static final long SEED = Long.getLong("holdfast.cloud.seed", 1);

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private OssServer server;
    private int used;

    @ParameterizedTest
    @EnumSource
    void nothingIsLostAndNothingStoredTwiceInVain(HashAlgorithm hash) throws Exception {
        server = new OssServer(directory.resolve("bucket"));
        DistantRelay line = new DistantRelay(server.endpoint(), DISTANCE_MILLIS);
        ObjectStore plain =
                new OssObjectStore(server.location("office", line.endpoint()), server.admit("LTAItest", ""));
        try (OssServer closed = server;
                DistantRelay closedLine = line;
                ObjectStore vault = new Retries(plain, 5, Duration.ofMillis(1), Duration.ofMillis(4));
                Office office = Office.open(directory.resolve("office"), vault, hash)) {
            List<StoredSnapshot> snapshots = new ArrayList<>();
            int failedRuns = 0;
            for (int round = 0; used < FAULTS / HashAlgorithm.values().length; round++) {
                snapshots.add(StoreFixture.backup(office.store, 1 + round % 2, content(round)));
                script();
                for (int attempt = 0; ; attempt++) {
                    try {
                        office.upload();
                        break;
                    } catch (IOException e) {
                        failedRuns++;
                        assertThat(attempt)
                                .as("seed %d, round %d: %s", SEED, round, e)
                                .isLessThan(20);
                    }
                }
                used += settle();
                for (Archiving.Local container : office.store.archiving().local()) {
                    office.store.archiving().evict(container.number());
                }
                script();
                int chosen = random.nextInt(snapshots.size());
                Map<String, byte[]> restored = restore(office, snapshots.get(chosen), round);
                used += settle();
                VaultContract.assertSame(restored, content(chosen));
            }
            server.clearFaults();
            for (int i = 0; i < snapshots.size(); i++) {
                VaultContract.assertSame(office.files(snapshots.get(i)), content(i));
            }
            VaultCheck.Report report = new VaultCheck(vault, (what, done, total) -> {}).run(Office.recoveryKey(), true);
            assertThat(report.findings()).isEmpty();
            Map<String, Long> twice = new java.util.TreeMap<>(server.timesStored());
            twice.values().removeIf(times -> times == 1);
            // Those that arrived damaged had to be stored again.
            assertThat(twice.size()).as("%s", twice).isLessThanOrEqualTo(damaged);
            System.out.println(used + " faults, seed " + SEED + ", " + snapshots.size() + " snapshots, " + failedRuns
                    + " runs begun again, " + damaged + " bodies spoiled");
        }
    }

    /** Large enough for several parts now and then. */
    private static List<byte[]> content(int round) {
        return VaultContract.files(1000 + round, 12, round % 4 == 0 ? 900_000 : 40_000);
    }

    private int scripted;
    private int damaged;

    /** A handful of mishaps for whatever comes next. */
    private void script() {
        scripted = 1 + random.nextInt(6);
        for (int i = 0; i < scripted; i++) {
            Mishap mishap = Mishap.values()[random.nextInt(Mishap.values().length)];
            int skip = random.nextInt(4);
            int[] seen = new int[1];
            String only = switch (mishap) {
                case STORED_DAMAGED -> "P";
                case ANSWERED_DAMAGED, RESET_WHILE_ANSWERING -> "GET";
                case STALE_LIST -> "LIST";
                default -> "";
            };
            if (mishap == Mishap.STORED_DAMAGED) {
                damaged++;
            }
            server.script(new Fault(
                    request -> request.operation().startsWith(only)
                            && (mishap != Mishap.STORED_DAMAGED
                                    || !request.operation().contains("COMPLETE"))
                            && seen[0]++ >= skip,
                    mishap));
        }
    }

    /** How many of them struck. */
    private int settle() {
        int struck = scripted - server.faultsLeft();
        server.clearFaults();
        return struck;
    }

    private Map<String, byte[]> restore(Office office, StoredSnapshot snapshot, int round) throws IOException {
        for (int attempt = 0; ; attempt++) {
            try {
                return office.files(snapshot);
            } catch (IOException e) {
                assertThat(attempt).as("seed %d, round %d: %s", SEED, round, e).isLessThan(20);
            }
        }
    }
}
