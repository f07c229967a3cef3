package dev.holdfast.server.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Part;
import dev.holdfast.control.db.TaskFilter;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.oss.OssLocation;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.upload.VaultRefusedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vaults that are set, moved, left, lost and found again, by whole appliances. */
class VaultSetupTest {
    private static final IndexRecovery.Progress SILENT = new IndexRecovery.Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    @TempDir
    Path work;

    private Office office;

    @BeforeEach
    void open() throws IOException {
        office = new Office(
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory());
    }

    /** An appliance's data directory, and what one does with it. */
    private record Office(DataDirectory directory) {
        interface Work<T> {
            T with(ControlDb control, VaultKeys keys) throws Exception;
        }

        <T> T with(Work<T> work) throws Exception {
            try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                    VaultKeys keys = directory.keyring().unlock(credential);
                    ControlDb control = new ControlDb(directory.controlDb())) {
                return work.with(control, keys);
            }
        }

        void backup(int seed) throws Exception {
            with((control, keys) -> {
                try (Store store = new Store(
                        directory.storeConfig(),
                        keys,
                        new LocalDisk(),
                        VaultData.numbersOnly(directory.root()),
                        SILENT)) {
                    return StoreFixture.backup(store, 1, List.of(StoreFixture.random(seed, 300_000)));
                }
            });
        }

        VaultSetup.Tried set(String name, VaultSettings settings) throws Exception {
            return with(
                    (control, keys) -> new VaultSetup(directory.root(), control, keys, LocalCopies.onVolumes(directory))
                            .set(name, settings, null, false));
        }

        int unset(String name) throws Exception {
            return with((control, keys) -> VaultSetup.unset(
                            directory.root(), control, name, LocalCopies.onVolumes(directory))
                    .orElseThrow());
        }

        /** Runs the appliance until all of its vaults are as wanted. */
        List<VaultState> run(Predicate<VaultState> wanted) throws Exception {
            return run(wanted, control -> {});
        }

        List<VaultState> run(Predicate<VaultState> wanted, Meanwhile meanwhile) throws Exception {
            return with((control, keys) -> {
                try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                        Appliance appliance =
                                new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), SILENT)) {
                    assertThat(appliance.port()).isPositive();
                    meanwhile.act(control);
                    List<VaultState> states = List.of();
                    for (int i = 0; i < 1200; i++) {
                        states = VaultState.all(control, true);
                        if (!states.isEmpty() && states.stream().allMatch(wanted)) {
                            break;
                        }
                        Thread.sleep(50);
                    }
                    assertThat(states).isNotEmpty().allMatch(wanted);
                    return states;
                }
            });
        }

        List<VaultState> states() throws Exception {
            return with((control, keys) -> VaultState.all(control, false));
        }

        List<LocalCopies.Snapshot> snapshots() throws Exception {
            return with((control, keys) ->
                    LocalCopies.snapshots(directory, control.vaults().list()));
        }

        List<String> events(String kind) throws Exception {
            return with((control, keys) -> control.events().openTroubles(null, 100).stream()
                    .filter(each -> each.kind().equals(kind))
                    .map(Events.Event::message)
                    .toList());
        }
    }

    interface Meanwhile {
        void act(ControlDb control) throws Exception;
    }

    private static boolean everything(VaultState state) {
        return state.counted()
                && state.snapshotsBehind() == 0
                && state.root() > 0
                && state.state().equals("idle");
    }

    private static boolean refused(VaultState state) {
        return state.state().equals("refused");
    }

    private VaultSettings at(String place) {
        return new VaultSettings(work.resolve(place).toString(), null, VaultPolicy.DEFAULT);
    }

    /** Objects of containers, with when they were written. */
    private Map<String, Long> containers(String place) throws IOException {
        Map<String, Long> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(work.resolve(place).resolve("c"))) {
            for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                found.put(each.toString(), Files.getLastModifiedTime(each).toMillis());
            }
        }
        return found;
    }

    /** Uploads that were begun, by order or not. */
    private int uploads() throws Exception {
        return office.with((control, keys) -> control.taskHistory()
                .page(new TaskFilter(null, "upload", "", "", "", "", null), null, Part.newest(100))
                .size());
    }

    @Test
    void uploadThatWasOrderedIsNotRepeatedByARestart() throws Exception {
        office.backup(1);
        office.set(
                VaultRegistry.FIRST,
                new VaultSettings(
                        work.resolve("a").toString(), null, VaultPolicy.DEFAULT.uploading(VaultPolicy.When.MANUALLY)));
        office.run(VaultSetupTest::everything, control -> control.vaults().requestUpload(VaultRegistry.FIRST));
        assertThat(uploads()).isEqualTo(1);
        Map<String, Long> first = containers("a");
        office.backup(2);
        // A look for something to upload counts first, and then uploads, if it does, before the appliance ends.
        office.run(state -> state.snapshotsBehind() == 1);
        assertThat(uploads()).isEqualTo(1);
        assertThat(containers("a")).isEqualTo(first);
        // One that was asked for while no appliance ran is done at the next start, and once.
        office.with((control, keys) -> control.vaults().requestUpload(VaultRegistry.FIRST));
        office.run(state -> everything(state) && state.nodes().getFirst().offsite() == 2);
        assertThat(uploads()).isEqualTo(2);
    }

    @Test
    void anotherPlaceIsANewVaultAndTheOldOneGoesOnWhereItStood() throws Exception {
        office.backup(1);
        assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.EMPTY);
        office.run(VaultSetupTest::everything);
        Map<String, Long> first = containers("a");
        office.unset(VaultRegistry.FIRST);
        assertThat(office.set(VaultRegistry.FIRST, at("b")).place()).isEqualTo(VaultSetup.Place.EMPTY);
        assertThat(office.states()).singleElement().satisfies(state -> {
            assertThat(state.counted()).isFalse();
            assertThat(state.nodes()).isEmpty();
            assertThat(state.root()).isZero();
            assertThat(state.lastSuccess()).isNull();
        });
        assertThat(office.snapshots())
                .singleElement()
                .satisfies(each -> assertThat(each.vaults()).isEmpty());
        office.run(VaultSetupTest::everything);
        assertThat(containers("b")).hasSameSizeAs(first);
        office.backup(2);
        office.unset(VaultRegistry.FIRST);
        assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.OWN);
        assertThat(office.snapshots())
                .filteredOn(each -> each.vaults().isEmpty())
                .hasSize(1);
        office.run(VaultSetupTest::everything);
        assertThat(containers("a")).containsAllEntriesOf(first);
        assertThat(office.events("vault-refused")).isEmpty();
    }

    @Test
    void whatWasEvictedHoldsTheVaultWhereItIsUntilAnotherHasIt() throws Exception {
        office.backup(1);
        office.set(VaultRegistry.FIRST, at("a"));
        office.run(VaultSetupTest::everything);
        office.run(
                state -> everything(state) && !onVolumes(office),
                control -> control.vaults().requestEviction(VaultRegistry.FIRST, Long.MAX_VALUE));
        assertThat(office.unset(VaultRegistry.FIRST)).isPositive();
        assertThatThrownBy(() -> office.set(VaultRegistry.FIRST, at("b")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("evicted")
                .hasMessageContaining("vault set file://" + work.resolve("a"));
        assertThat(office.states()).isEmpty();
        assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.OWN);
        office.set("next", at("b"));
        office.run(VaultSetupTest::everything);
        office.unset("next");
        office.unset(VaultRegistry.FIRST);
        assertThat(office.set(VaultRegistry.FIRST, at("b")).place()).isEqualTo(VaultSetup.Place.OWN);
        Files.move(work.resolve("a"), work.resolve("gone"));
        Map<String, Long> before = containers("b");
        office.backup(2);
        office.run(VaultSetupTest::everything);
        assertThat(containers("b")).containsAllEntriesOf(before);
    }

    private static boolean onVolumes(Office office) {
        try (Journal journal = new Journal(VaultData.journal(office.directory.root()))) {
            var here = LocalCopies.onVolumes(office.directory);
            return journal.containers().numbers().stream().allMatch(here::test);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void recoveredApplianceTakesItsCopiesOver() throws Exception {
        byte[] secret = Keyring.random(32);
        Credential key = new Credential(Credential.Kind.RECOVERY_KEY, secret.clone());
        assertThat(RecoveryKey.print(secret)).isNotEmpty();
        try (Credential unattended = Objects.requireNonNull(office.directory.unattendedKey())) {
            office.directory.changeKeyring(keyring -> keyring.with(unattended, key));
        }
        VaultPolicy year = new VaultPolicy(
                VaultPolicy.When.IMMEDIATELY,
                List.of(),
                List.of(),
                0,
                List.of("n*"),
                365,
                VaultPolicy.DEFAULT.containerClass(),
                List.of(),
                4,
                100);
        office.backup(1);
        office.set(VaultRegistry.FIRST, at("a"));
        office.set("dr", new VaultSettings(work.resolve("b").toString(), null, year));
        office.run(VaultSetupTest::everything);
        OssLocation elsewhere = OssLocation.parse(
                "oss://bk1/office",
                "cn-beijing",
                "http://127.0.0.1:1",
                OssLocation.Network.PUBLIC,
                OssLocation.Addressing.PATH,
                null);
        office.with((control, keys) -> {
            control.vaults().put("far", new VaultSettings(null, elsewhere, year).json(), Credentials.seal(keys, null));
            control.vaults().put("far", new VaultSettings(null, elsewhere, year).json(), new byte[] {1});
            return control;
        });
        office.backup(2);
        office.run(state -> state.name().equals("far") ? refused(state) : everything(state));
        assertThat(containers("b")).hasSameSizeAs(containers("a"));
        Map<String, Long> before = containers("b");
        Path lost = Files.move(office.directory.root(), work.resolve("lost"));
        assertThat(lost).exists();

        List<?> notes;
        Path data = work.resolve("successor");
        try (ObjectStore store = at("a").open(null)) {
            VaultRecovery recovery = VaultRecovery.open(store, key, 0);
            try (VaultKeys keys = recovery.keys()) {
                assertThat(keys).isNotNull();
                notes = RecoveredData.make(
                                new RecoveredData.Place(data, null, List.of()),
                                recovery,
                                null,
                                key,
                                at("a"),
                                null,
                                SILENT,
                                each -> {})
                        .vaults();
            }
        }
        assertThat(notes).hasSize(2);
        assertThat(notes).anySatisfy(each -> assertThat(each.toString()).contains("'dr'", "takes it over"));
        assertThat(notes)
                .anySatisfy(each -> assertThat(each.toString())
                        .contains(
                                "vault set oss://bk1/office --name far --region cn-beijing",
                                "--credentials-file F",
                                "--keep-days 365",
                                data.toString()));
        Office successor = new Office(DataDirectory.open(data));
        successor.with((control, keys) -> {
            assertThat(VaultSettings.parse(
                                    control.vaults().find("dr").orElseThrow().settings())
                            .policy())
                    .isEqualTo(year);
            return control;
        });
        successor.run(state -> state.name().equals("far")
                ? refused(state) && state.error().contains("--credentials-file F")
                : everything(state));
        assertThat(containers("b")).isEqualTo(before);
        assertThat(successor.events("vault-refused")).anyMatch(each -> each.contains("--name far"));
        // The same by hand, where the setting did not come back.
        successor.unset("dr");
        Files.delete(VaultData.journal(data, "dr"));
        assertThat(successor.set("dr", at("b")).place()).isEqualTo(VaultSetup.Place.LEFT);
        successor.unset("far");
        successor.backup(3);
        successor.run(VaultSetupTest::everything);
        assertThat(containers("b")).containsAllEntriesOf(before).hasSizeGreaterThan(before.size());
        assertThatThrownBy(() -> successor.set("again", new VaultSettings(work + "/./a/", null, VaultPolicy.DEFAULT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("already");
        Path link = Files.createSymbolicLink(work.resolve("link"), work.resolve("a"));
        assertThatThrownBy(() -> successor.set("again", at(link.getFileName().toString())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("by another name");
    }

    @Test
    void aStrangersVaultIsRefusedWhenItIsSet() throws Exception {
        Office stranger = new Office(DataDirectory.init(work.resolve("stranger"), "dev", List.of(), null)
                .directory());
        stranger.backup(1);
        stranger.set(VaultRegistry.FIRST, at("a"));
        stranger.run(VaultSetupTest::everything);
        assertThatThrownBy(() -> office.set(VaultRegistry.FIRST, at("a")))
                .isInstanceOf(VaultRefusedException.class)
                .hasMessageContaining("a prefix of its own");
        assertThat(office.states()).isEmpty();
        office.backup(2);
        office.set(VaultRegistry.FIRST, at("b"));
        assertThatThrownBy(() -> office.set("dr", at("a"))).isInstanceOf(VaultRefusedException.class);
        office.run(VaultSetupTest::everything);
        try (Stream<Path> files = Files.list(work.resolve("data/vault"))) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .filteredOn(each -> each.endsWith(".db") || each.endsWith(".draft"))
                    .containsExactly("journal.db");
        }
    }

    @Test
    void noSettingKeepsTheApplianceFromStarting() throws Exception {
        office.backup(1);
        office.set(VaultRegistry.FIRST, at("a"));
        office.run(VaultSetupTest::everything);
        // As older releases stored it, or an older control database has it.
        office.with((control, keys) -> {
            control.vaults().put(VaultRegistry.FIRST, at("b").json(), null);
            return control;
        });
        assertThat(office.run(VaultSetupTest::refused)).singleElement().satisfies(state -> {
            assertThat(state.counted()).isFalse();
            assertThat(state.error())
                    .contains("vault unset")
                    .contains(work.resolve("a").toString());
        });
        office.with((control, keys) -> {
            control.vaults().put(VaultRegistry.FIRST, "{\"newer\":true}", null);
            return control;
        });
        assertThat(office.run(VaultSetupTest::refused))
                .singleElement()
                .satisfies(state -> assertThat(state.error()).contains("newer release"));
        office.unset(VaultRegistry.FIRST);
        assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.OWN);
        // A NAS that is not mounted: what waits goes on by itself.
        Files.move(work.resolve("a"), work.resolve("moved"));
        VaultSettings mounted = new VaultSettings(work.resolve("nas/vault").toString(), null, VaultPolicy.DEFAULT);
        office.unset(VaultRegistry.FIRST);
        Files.createDirectory(work.resolve("nas"));
        office.set(VaultRegistry.FIRST, mounted);
        Files.move(work.resolve("nas"), work.resolve("unmounted"));
        office.run(state -> state.error().contains("opening it failed"));
    }

    @Test
    void rulesThatCanNeverApplyAreRefused() {
        VaultPolicy warms = new VaultPolicy(
                VaultPolicy.When.IMMEDIATELY,
                List.of(),
                List.of(),
                0,
                List.of(),
                null,
                StorageClass.INFREQUENT,
                List.of(new VaultPolicy.Colder(30, StorageClass.INFREQUENT)),
                4,
                100);
        assertThatThrownBy(() -> warms.check(VaultRegistry.FIRST)).hasMessageContaining("no colder");
        VaultPolicy back = new VaultPolicy(
                VaultPolicy.When.IMMEDIATELY,
                List.of(),
                List.of(),
                0,
                List.of(),
                null,
                StorageClass.STANDARD,
                List.of(
                        new VaultPolicy.Colder(30, StorageClass.ARCHIVE),
                        new VaultPolicy.Colder(60, StorageClass.INFREQUENT)),
                4,
                100);
        assertThatThrownBy(() -> back.check(VaultRegistry.FIRST)).hasMessageContaining("each rule");
        assertThat(VaultPolicy.DEFAULT.options()).isEmpty();
    }
}
