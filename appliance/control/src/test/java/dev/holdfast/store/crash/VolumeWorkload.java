package dev.holdfast.store.crash;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.VolumeChanges;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.drain.Drain;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volume;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An appliance whose volumes are added, drained, retired and replaced, with a backup between each two steps; what was committed
 * is written to a marker file: {@code committed ID SEED}. Each step may be repeated.
 */
public final class VolumeWorkload implements AutoCloseable {
    /** Where the volumes are that the appliance begins with. */
    static final List<String> FIRST = List.of("volumes/0", "volumes/1");

    /** Where they are in the end. */
    static final List<String> LAST = List.of("volumes/2", "volumes/3");

    private final DataDirectory directory;
    private final VolumeChanges changes;
    private final VaultKeys keys;
    final Store store;

    VolumeWorkload(Path data) throws IOException {
        directory = DataDirectory.open(data);
        changes = new VolumeChanges(directory);
        changes.settle();
        directory.settleKeyring();
        try (Credential key = Objects.requireNonNull(directory.unattendedKey())) {
            keys = directory.keyring().unlock(key);
        }
        store = new Store(directory.storeConfig(), keys, new LocalDisk(), new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {}
        });
    }

    /** Arguments: the data directory, the marker file. */
    public static void main(String[] arguments) throws IOException {
        try (FileOutputStream markers = new FileOutputStream(arguments[1]);
                VolumeWorkload work = new VolumeWorkload(Path.of(arguments[0]))) {
            work.backUp(1, markers);
            work.add("volumes/2", -1);
            work.backUp(2, markers);
            work.drain(0, null);
            work.backUp(3, markers);
            work.retire(0);
            work.backUp(4, markers);
            work.replace(1, "volumes/3");
            work.backUp(5, markers);
        }
        // RocksDB's threads must not keep the process alive.
        System.exit(0);
    }

    /** The command that runs this class in a process of its own. */
    static List<String> command(Path data, Path markers) {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                VolumeWorkload.class.getName(),
                data.toString(),
                markers.toString());
    }

    static List<byte[]> files(int seed) {
        return List.of(StoreFixture.random(seed, 3000), StoreFixture.random(seed + 100L, 5000));
    }

    private void backUp(int seed, FileOutputStream markers) throws IOException {
        StoredSnapshot made = StoreFixture.backup(store, 1, files(seed));
        markers.write(("committed " + made.id() + " " + seed + "\n").getBytes(StandardCharsets.UTF_8));
        store.archiving().sealOpen();
    }

    /** All steps, from wherever a crash left them. */
    void complete() throws IOException {
        add("volumes/2", -1);
        if (volume(0).isPresent()) {
            drain(0, null);
            retire(0);
        }
        if (volume(1).isPresent()) {
            replace(1, "volumes/3");
        }
    }

    private Optional<Volume> volume(int number) {
        return directory.volumeList().find(number);
    }

    private int add(String path, int replaced) throws IOException {
        var found = changes.check(directory.root().resolve(path), replaced);
        changes.add(found);
        store.changeVolumes(directory.volumeList());
        return found.number();
    }

    private void drain(int number, @Nullable Integer target) throws IOException {
        changes.drain(number);
        store.changeVolumes(directory.volumeList());
        Drain.Outcome outcome = store.drain().run(number, target, (what, done, total) -> {}, () -> false);
        if (!outcome.empty()) {
            throw new IOException("volume " + number + " is not empty: " + outcome.warnings());
        }
    }

    private void retire(int number) throws IOException {
        changes.retire(number);
        store.changeVolumes(directory.volumeList());
        changes.settle();
    }

    private void replace(int number, String path) throws IOException {
        int target = add(path, number);
        drain(number, target);
        retire(number);
    }

    List<Path> volumes() {
        return directory.volumes();
    }

    @Override
    public void close() throws IOException {
        store.close();
        keys.close();
    }
}
