package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.upload.Selection;
import dev.holdfast.vault.upload.VaultRefusedException;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of object of a vault, damaged in every way, and what each operation makes of it: it finds, heals or does without the
 * object, or names it with what to do next. {@code -Dholdfast.vault.damages=1000} for all of them, which prints the table of
 * docs/reliability.md; a build tries some, by a seed.
 */
abstract class DamageMatrix {
    private static final int DAMAGES = Integer.getInteger("holdfast.vault.damages", 8);
    private static final long SEED = Long.getLong("holdfast.vault.seed", System.nanoTime());

    @TempDir
    Path directory;

    private ObjectStore vault;
    private ObjectStore copy;
    private Office office;
    private Office reader;
    private final Map<StoredSnapshot, List<byte[]>> snapshots = new LinkedHashMap<>();
    /** Objects of another vault, by the directory that they lie in. */
    private final Map<String, byte[]> foreign = new TreeMap<>();

    private final Map<String, Map<String, String>> table = new LinkedHashMap<>();

    abstract ObjectStore create(Path at) throws Exception;

    /** Of the vault. */
    abstract HashAlgorithm hash();

    /** What is damaged. */
    private enum Target {
        ROOT("newest root, one copy"),
        ROOTS("newest root, both copies"),
        OLDER_ROOT("older root"),
        CONTROL("control data, one copy"),
        CONTROLS("control data, both copies"),
        CATALOGUE("catalogue, one copy"),
        CATALOGUES("catalogue, both copies"),
        INVENTORY("inventory, one copy"),
        INVENTORIES("inventory, both copies"),
        SEGMENT("segment"),
        CONTAINER("container"),
        MANIFEST("manifest");

        private final String label;

        Target(String label) {
            this.label = label;
        }
    }

    private enum Damage {
        MISSING,
        TRUNCATED,
        ONE_BIT,
        ANOTHER_OBJECT,
        OF_ANOTHER_VAULT,
        EMPTY
    }

    private record Cell(Target target, Damage damage) {}

    @Test
    void everyDamageIsFoundHealedOrNamed() throws Exception {
        List<Cell> cells = new ArrayList<>();
        for (Target target : Target.values()) {
            for (Damage damage : Damage.values()) {
                cells.add(new Cell(target, damage));
            }
        }
        if (DAMAGES < cells.size()) {
            Collections.shuffle(cells, new Random(SEED));
            cells.subList(DAMAGES, cells.size()).clear();
        }
        prepare();
        try {
            for (Cell cell : cells) {
                try {
                    damage(cell);
                } catch (AssertionError | Exception e) {
                    throw new AssertionError(cell + ", -Dholdfast.vault.seed=" + SEED, e);
                }
            }
        } finally {
            reader.close();
            office.close();
            copy.close();
            vault.close();
        }
        print();
    }

    private void prepare() throws Exception {
        vault = create(directory.resolve("vault"));
        copy = new FileObjectStore(directory.resolve("copy"));
        office = Office.open(directory.resolve("office"), vault, hash());
        for (int i = 0; i < 4; i++) {
            List<byte[]> files = VaultContract.files(i, 4, 30_000);
            office.setControl("control " + i);
            snapshots.put(StoreFixture.backup(office.store, 1 + i % 2, files), files);
            upload();
        }
        try (Journal journal = new Journal(directory.resolve("copy.db"));
                VaultWriter writer = office.writer(copy, journal)) {
            writer.run(Selection.ALL, office.writing());
        }
        ObjectStore other = new FileObjectStore(directory.resolve("other"));
        try (Office stranger = Office.create(
                directory.resolve("stranger"),
                other,
                new Credential(Credential.Kind.RECOVERY_KEY, new byte[32]),
                hash())) {
            StoreFixture.backup(stranger.store, 1, VaultContract.files(9, 4, 30_000));
            stranger.upload();
            for (String key : keys(other)) {
                foreign.put(directoryOf(key), bytes(other, key));
            }
        }
        other.close();
        VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
        reader = recovered(recovery, "reader", new ArrayList<>());
    }

    private static String directoryOf(String key) {
        String from = key.startsWith(ObjectKind.SECOND) ? key.substring(2) : key;
        return from.substring(0, 2) + (from.endsWith(".inv") ? "inv" : "");
    }

    private void upload() throws IOException {
        try (VaultWriter writer = office.writer()) {
            writer.verifyNext();
            writer.run(Selection.ALL, office.writing());
        }
    }

    // ---- one cell

    private void damage(Cell cell) throws Exception {
        Root root = Roots.newest(vault).orElseThrow().root();
        List<String> keys = keys(cell.target, root);
        Map<String, byte[]> before = new LinkedHashMap<>();
        for (String key : keys) {
            before.put(key, bytes(vault, key));
        }
        hurt(cell, before);
        note(cell, "check", check(null, false, keys));
        note(cell, "check with data", check(Office.recoveryKey(), true, keys));
        note(cell, "restore", restore(cell));
        note(cell, "recover", recover(cell, root));
        note(cell, "repair", repair(cell, before, office.journal.root(), true));
        hurt(cell, before);
        note(cell, "repair from a copy", repair(cell, before, null, false));
        hurt(cell, before);
        note(cell, "upload", uploadOver(cell, root, keys));
        for (Map.Entry<String, byte[]> each : before.entrySet()) {
            if (!there(each.getKey(), each.getValue())) {
                put(each.getKey(), each.getValue());
            }
        }
        assertThat(findings()).as("after it was put back").isEmpty();
    }

    private List<String> keys(Target target, Root root) {
        Root.Part catalogue = root.catalogues().getFirst();
        Root.Part segment = root.segments().getFirst();
        UUID control = root.control();
        assertThat(control).isNotNull();
        return switch (target) {
            case ROOT -> Root.keys(root.sequence()).subList(0, 1);
            case ROOTS -> Root.keys(root.sequence());
            case OLDER_ROOT -> List.of(Root.key(root.sequence() - 2));
            case CONTROL -> List.of(ObjectKind.CONTROL.key(control));
            case CONTROLS -> ObjectKind.CONTROL.keys(control);
            case CATALOGUE -> List.of(ObjectKind.CATALOGUE.key(catalogue.id()));
            case CATALOGUES -> ObjectKind.CATALOGUE.keys(catalogue.id());
            case INVENTORY -> List.of(ObjectKind.SEGMENT.inventoryKey(segment.id()));
            case INVENTORIES -> ObjectKind.SEGMENT.inventoryKeys(segment.id());
            case SEGMENT -> List.of(ObjectKind.SEGMENT.key(segment.id()));
            case CONTAINER -> List.of(ObjectKind.CONTAINER.key(dataContainer()));
            case MANIFEST ->
                List.of(ObjectKind.MANIFEST.key(
                        snapshots.keySet().iterator().next().id()));
        };
    }

    /** One that the first snapshot needs. */
    private UUID dataContainer() {
        try {
            int number = office.store
                    .archiving()
                    .containersOf(snapshots.keySet().iterator().next())
                    .nextSetBit(0);
            return office.journal.containers().find(number).orElseThrow().id();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void hurt(Cell cell, Map<String, byte[]> before) throws IOException {
        for (Map.Entry<String, byte[]> each : before.entrySet()) {
            byte[] whole = each.getValue();
            String key = each.getKey();
            switch (cell.damage) {
                case MISSING -> vault.delete(List.of(key));
                case TRUNCATED -> put(key, Arrays.copyOf(whole, whole.length * 2 / 3));
                case ONE_BIT -> {
                    byte[] flipped = whole.clone();
                    flipped[whole.length / 3] ^= 8;
                    put(key, flipped);
                }
                case ANOTHER_OBJECT -> put(key, another(key));
                case OF_ANOTHER_VAULT -> put(key, foreign.get(directoryOf(key)));
                case EMPTY -> put(key, new byte[0]);
            }
        }
    }

    /** The content of another object, of the same kind if there is one. */
    private byte[] another(String key) throws IOException {
        String first = key.startsWith(ObjectKind.SECOND) ? key.substring(2) : key;
        for (String each : keys(vault)) {
            if (!each.startsWith(ObjectKind.SECOND)
                    && !each.equals(first)
                    && directoryOf(each).equals(directoryOf(key))) {
                return bytes(vault, each);
            }
        }
        return bytes(
                vault,
                ObjectKind.MANIFEST.key(
                        snapshots.keySet().stream().toList().getLast().id()));
    }

    private String check(@Nullable Credential key, boolean readData, List<String> hurt) throws IOException {
        VaultCheck check = new VaultCheck(vault, (what, done, total) -> {});
        VaultCheck.Report report = key == null ? check.run() : check.run(key, readData);
        if (setBack(hurt)) {
            // A root that is gone without a trace is known to the appliance and to recovery sheets alone.
            assertThat(report.root()).isEqualTo(Root.sequence(hurt.getFirst()) - 1);
            return "shows an older root";
        }
        List<String> found =
                report.findings().stream().map(VaultCheck.Finding::key).toList();
        assertThat(found).containsAll(hurt.size() == 2 && hurt.getFirst().startsWith("r/") ? hurt.subList(0, 1) : hurt);
        assertThat(report.findings())
                .allSatisfy(each -> assertThat(each.damage()).isNotBlank());
        return "found";
    }

    /** Whether both copies of the newest root are gone. */
    private boolean setBack(List<String> hurt) throws IOException {
        if (!hurt.getFirst().startsWith(Root.PREFIX) || hurt.size() < 2) {
            return false;
        }
        List<String> there = keys(vault);
        return hurt.stream().noneMatch(there::contains);
    }

    private String restore(Cell cell) throws IOException {
        for (int number : reader.journal.containers().numbers()) {
            reader.remote.suspect(number);
        }
        boolean first = true;
        String outcome = "does without it";
        for (Map.Entry<StoredSnapshot, List<byte[]>> each : snapshots.entrySet()) {
            if (first && cell.target == Target.CONTAINER) {
                Throwable failure = catchThrowable(() -> reader.files(each.getKey()));
                assertThat(failure).isInstanceOf(IOException.class).hasMessageContaining("c/");
                outcome = "named";
            } else {
                VaultContract.assertSame(reader.files(each.getKey()), each.getValue());
            }
            first = false;
        }
        return outcome;
    }

    private Office recovered(VaultRecovery recovery, String name, List<String> warnings) throws IOException {
        Office made = Office.forRecovery(directory.resolve(name), vault, recovery);
        recovery.onlyRead(made.journal);
        recovery.fillManifests(made.journal, made.store.manifests(), (what, done, total) -> {})
                .forEach(each -> warnings.add("snapshot " + each));
        recovery.fillIndex(made.journal, made.store.archiving(), (what, done, total) -> {});
        made.store.recovered(made.progress());
        warnings.addAll(made.warnings);
        return made;
    }

    private int recoveries;

    private String recover(Cell cell, Root root) throws IOException {
        List<String> warnings = new ArrayList<>();
        VaultRecovery recovery;
        String outcome = "does without it";
        if (cell.target == Target.ROOTS) {
            Throwable refusal = catchThrowable(() -> VaultRecovery.open(vault, Office.recoveryKey(), 0, warnings::add));
            if (cell.damage == Damage.MISSING) {
                assertThat(refusal).isNull();
                refusal = catchThrowable(() -> VaultRecovery.open(vault, Office.recoveryKey(), root.sequence()));
                assertThat(refusal).hasMessageContaining("set back");
                return "named, where the root's number is known";
            }
            assertThat(refusal).isInstanceOf(IOException.class).hasMessageContaining("root " + root.sequence());
            assertThat(refusal).hasMessageContaining("Root " + (root.sequence() - 1));
            recovery = VaultRecovery.open(vault, Office.recoveryKey(), root.sequence() - 1, warnings::add);
            outcome = "named, goes on with an older root";
        } else {
            recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0, warnings::add);
        }
        String control = new String(recovery.control(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(control).startsWith("control ");
        try (Office made = recovered(recovery, "recovered-" + recoveries++, warnings)) {
            int back = 0;
            boolean first = true;
            for (Map.Entry<StoredSnapshot, List<byte[]>> each : snapshots.entrySet()) {
                boolean hurt = first && (cell.target == Target.CONTAINER || cell.target == Target.MANIFEST);
                if (cell.target == Target.ROOTS
                        && !recovery.snapshots().containsKey(each.getKey().id())) {
                    // Published after the root that is whole.
                    continue;
                }
                if (hurt) {
                    assertThat(catchThrowable(() -> made.files(each.getKey()))).isInstanceOf(IOException.class);
                } else {
                    VaultContract.assertSame(made.files(each.getKey()), each.getValue());
                    back++;
                }
                first = false;
            }
            assertThat(back).isGreaterThanOrEqualTo(snapshots.size() - 1);
        }
        return switch (cell.target) {
            case CONTAINER -> "the others come back";
            case MANIFEST -> {
                assertThat(warnings).isNotEmpty();
                yield "named, the others come back";
            }
            case CONTROLS -> {
                assertThat(warnings).anySatisfy(each -> assertThat(each).contains("control data"));
                yield "named, goes on with older ones";
            }
            case CATALOGUES -> {
                assertThat(warnings).anySatisfy(each -> assertThat(each).contains("catalogue"));
                yield "named, made of manifests";
            }
            case SEGMENT -> {
                assertThat(warnings).anySatisfy(each -> assertThat(each).contains("segment"));
                yield "named, made of containers";
            }
            default -> outcome;
        };
    }

    private String repair(Cell cell, Map<String, byte[]> before, byte[] known, boolean local) throws IOException {
        VaultCheck.Report report = new VaultCheck(vault, (what, done, total) -> {}).run();
        List<String> told = new ArrayList<>();
        VaultRepair repair = new VaultRepair(
                vault, office.keys, local ? this::locate : (kind, id) -> Optional.empty(), List.of(copy));
        VaultRepair.Result result = repair.repair(report, known, told::add);
        boolean whole = true;
        for (Map.Entry<String, byte[]> each : before.entrySet()) {
            whole &= there(each.getKey(), each.getValue());
        }
        if (whole) {
            assertThat(result.repaired()).isNotEmpty();
            assertThat(findings()).isEmpty();
            return "healed";
        }
        if (cell.target == Target.ROOTS) {
            assertThat(told.isEmpty()).isEqualTo(cell.damage == Damage.MISSING);
            return "named";
        }
        assertThat(findings()).isNotEmpty();
        assertThat(result.lost()).isNotEmpty();
        return "left to the next upload";
    }

    private Optional<Path> locate(ObjectKind kind, UUID id) throws IOException {
        if (kind == ObjectKind.CONTAINER) {
            int number = office.journal.containers().find(id).orElseThrow().number();
            return Optional.of(office.store.archiving().file(number));
        }
        for (StoredSnapshot each : office.store.manifests().list()) {
            if (each.id().equals(id)) {
                return Optional.of(office.store.manifests().path(each.node(), id));
            }
        }
        return Optional.empty();
    }

    private String uploadOver(Cell cell, Root root, List<String> hurt) throws IOException {
        if (cell.target == Target.ROOTS && cell.damage == Damage.MISSING) {
            assertThat(catchThrowable(this::upload))
                    .isInstanceOf(VaultRefusedException.class)
                    .hasMessageContaining("set back")
                    .hasMessageContaining("--repair-from");
            return "refused, with what to do";
        }
        upload();
        if (cell.target == Target.CONTAINER || cell.target == Target.MANIFEST || cell.target == Target.OLDER_ROOT) {
            assertThat(findings()).extracting(VaultCheck.Finding::key).containsExactlyElementsOf(hurt);
            return "left to check and repair";
        }
        assertThat(findings()).isEmpty();
        Root now = Roots.newest(vault).orElseThrow().root();
        VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
        try (var keys = recovery.keys()) {
            assertThat(keys.id()).isEqualTo(root.vault());
            assertThat(recovery.snapshots().keySet())
                    .containsExactlyInAnyOrderElementsOf(
                            snapshots.keySet().stream().map(StoredSnapshot::id).toList());
        }
        return now.sequence() > root.sequence() ? "healed by a new root" : "healed";
    }

    // ---- helpers

    private List<VaultCheck.Finding> findings() throws IOException {
        return new VaultCheck(vault, (what, done, total) -> {})
                .run(Office.recoveryKey(), true)
                .findings();
    }

    private static List<String> keys(ObjectStore store) throws IOException {
        return store.list("", "", 1000).objects().stream()
                .map(each -> each.key())
                .toList();
    }

    private static byte[] bytes(ObjectStore store, String key) throws IOException {
        try (InputStream in = store.get(key, 0, Math.max(1, store.head(key).bytes()))) {
            return in.readAllBytes();
        }
    }

    private boolean there(String key, byte[] wanted) throws IOException {
        try {
            return Arrays.equals(bytes(vault, key), wanted);
        } catch (ObjectStoreException e) {
            return false;
        }
    }

    private void put(String key, byte[] bytes) throws IOException {
        vault.put(key, Body.of(bytes), PutOptions.REPLACE);
    }

    private void note(Cell cell, String operation, String outcome) {
        table.computeIfAbsent(cell.target.label, each -> new LinkedHashMap<>())
                .merge(operation, outcome, (a, b) -> a.contains(b) ? a : a + " / " + b);
    }

    private void print() {
        List<String> operations = List.copyOf(table.values().iterator().next().keySet());
        System.out.println("| object | " + String.join(" | ", operations) + " |");
        System.out.println("|---".repeat(operations.size() + 1) + "|");
        table.forEach((target, outcomes) -> System.out.println("| " + target + " | "
                + String.join(" | ", operations.stream().map(outcomes::get).toList()) + " |"));
        System.out.println(getClass().getSimpleName() + ": seed " + SEED);
    }
}
