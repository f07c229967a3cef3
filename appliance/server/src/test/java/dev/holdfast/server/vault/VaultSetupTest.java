package dev.holdfast.server.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.Part;
import dev.holdfast.control.db.TaskFilter;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.oss.OssLocation;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.upload.VaultRefusedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vaults that are set, moved, left, lost and found again, by whole appliances. */
class VaultSetupTest {
    @TempDir
    Path work;

    private VaultOffice office;

    @BeforeEach
    void open() throws IOException {
        office = new VaultOffice(
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory());
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
        office.run(VaultOffice::everything, control -> control.vaults().requestUpload(VaultRegistry.FIRST));
        assertThat(uploads()).isEqualTo(1);
        Map<String, Long> first = containers("a");
        office.backup(2);
        // A look for something to upload counts first, and then uploads, if it does, before the appliance ends.
        office.run(state -> state.snapshotsBehind() == 1);
        assertThat(uploads()).isEqualTo(1);
        assertThat(containers("a")).isEqualTo(first);
        // One that was asked for while no appliance ran is done at the next start, and once.
        office.with((control, keys) -> control.vaults().requestUpload(VaultRegistry.FIRST));
        office.run(state ->
                VaultOffice.everything(state) && state.nodes().getFirst().offsite() == 2);
        assertThat(uploads()).isEqualTo(2);
    }

    @Test
    void anotherPlaceIsANewVaultAndTheOldOneGoesOnWhereItStood() throws Exception {
        office.backup(1);
        assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.EMPTY);
        office.run(VaultOffice::everything);
        Map<String, Long> first = containers("a");
        office.unset(VaultRegistry.FIRST);
        // As a command has it that reads it in a process of its own.
        try (Journal read = new Journal(VaultData.journal(office.directory().root()))) {
            assertThat(read.root()).isNotNull();
            assertThatThrownBy(() -> office.set(VaultRegistry.FIRST, at("b")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("try again when it has ended");
        }
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
        office.run(VaultOffice::everything);
        assertThat(containers("b")).hasSameSizeAs(first);
        office.backup(2);
        office.unset(VaultRegistry.FIRST);
        assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.OWN);
        assertThat(office.snapshots())
                .filteredOn(each -> each.vaults().isEmpty())
                .hasSize(1);
        office.run(VaultOffice::everything);
        assertThat(containers("a")).containsAllEntriesOf(first);
        assertThat(office.events("vault-refused")).isEmpty();
    }

    @Test
    void whatWasEvictedHoldsTheVaultWhereItIsUntilAnotherHasIt() throws Exception {
        office.backup(1);
        office.set(VaultRegistry.FIRST, at("a"));
        office.run(VaultOffice::everything);
        office.run(
                state -> VaultOffice.everything(state) && !onVolumes(office),
                control -> control.vaults().requestEviction(VaultRegistry.FIRST, Long.MAX_VALUE));
        assertThat(office.unset(VaultRegistry.FIRST)).isPositive();
        assertThatThrownBy(() -> office.set(VaultRegistry.FIRST, at("b")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("evicted")
                .hasMessageContaining("vault set file://" + work.resolve("a"));
        assertThat(office.states()).isEmpty();
        assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.OWN);
        office.set("next", at("b"));
        office.run(VaultOffice::everything);
        office.unset("next");
        office.unset(VaultRegistry.FIRST);
        assertThat(office.set(VaultRegistry.FIRST, at("b")).place()).isEqualTo(VaultSetup.Place.OWN);
        Files.move(work.resolve("a"), work.resolve("gone"));
        Map<String, Long> before = containers("b");
        office.backup(2);
        office.run(VaultOffice::everything);
        assertThat(containers("b")).containsAllEntriesOf(before);
    }

    private static boolean onVolumes(VaultOffice office) {
        try (Journal journal = new Journal(VaultData.journal(office.directory().root()))) {
            var here = LocalCopies.onVolumes(office.directory());
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
        try (Credential unattended = Objects.requireNonNull(office.directory().unattendedKey())) {
            office.directory().changeKeyring(keyring -> keyring.with(unattended, key));
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
        office.run(VaultOffice::everything);
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
        office.run(state -> state.name().equals("far") ? VaultOffice.refused(state) : VaultOffice.everything(state));
        assertThat(containers("b")).hasSameSizeAs(containers("a"));
        Map<String, Long> before = containers("b");
        Path lost = Files.move(office.directory().root(), work.resolve("lost"));
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
                                VaultOffice.SILENT,
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
        VaultOffice successor = new VaultOffice(DataDirectory.open(data));
        successor.with((control, keys) -> {
            assertThat(VaultSettings.parse(
                                    control.vaults().find("dr").orElseThrow().settings())
                            .policy())
                    .isEqualTo(year);
            return control;
        });
        successor.run(state -> state.name().equals("far")
                ? VaultOffice.refused(state) && state.error().contains("--credentials-file F")
                : VaultOffice.everything(state));
        assertThat(containers("b")).isEqualTo(before);
        assertThat(successor.events("vault-refused")).anyMatch(each -> each.contains("--name far"));
        // The same by hand, where the setting did not come back.
        successor.unset("dr");
        Files.delete(VaultData.journal(data, "dr"));
        successor.unset("far");
        successor.backup(3);
        // It needs no restart.
        successor.run(
                VaultOffice::everything,
                control -> assertThat(successor.set("dr", at("b")).place()).isEqualTo(VaultSetup.Place.LEFT));
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
        VaultOffice stranger = new VaultOffice(DataDirectory.init(work.resolve("stranger"), "dev", List.of(), null)
                .directory());
        stranger.backup(1);
        stranger.set(VaultRegistry.FIRST, at("a"));
        stranger.run(VaultOffice::everything);
        assertThatThrownBy(() -> office.set(VaultRegistry.FIRST, at("a")))
                .isInstanceOf(VaultRefusedException.class)
                .hasMessageContaining("a prefix of its own");
        assertThat(office.states()).isEmpty();
        office.backup(2);
        office.set(VaultRegistry.FIRST, at("b"));
        assertThatThrownBy(() -> office.set("dr", at("a"))).isInstanceOf(VaultRefusedException.class);
        office.run(VaultOffice::everything);
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
        office.run(VaultOffice::everything);
        // As older releases stored it, or an older control database has it.
        office.with((control, keys) -> {
            control.vaults().put(VaultRegistry.FIRST, at("b").json(), null);
            return control;
        });
        assertThat(office.run(VaultOffice::refused)).singleElement().satisfies(state -> {
            assertThat(state.counted()).isFalse();
            assertThat(state.error())
                    .contains("vault unset")
                    .contains(work.resolve("a").toString());
        });
        office.with((control, keys) -> {
            control.vaults().put(VaultRegistry.FIRST, "{\"newer\":true}", null);
            return control;
        });
        assertThat(office.run(VaultOffice::refused))
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
