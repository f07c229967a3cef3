package dev.holdfast.agent.restore;

import static dev.holdfast.agent.restore.MemorySnapshot.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.FoldingDirectory;
import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Where the target takes two names for one, nothing that the restore wrote is lost, and the report tells. */
@EnabledOnOs(OS.LINUX)
class FoldingTargetTest {
    private static final int ROUNDS = 5;

    @TempDir
    Path target;

    /** Told by several writers at once. */
    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());

    private static String decomposed(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFD);
    }

    /** Ways in which file systems take names for one. */
    enum Kind {
        /** exFAT, NTFS, SMB, ext4 with casefold. */
        CASE(name -> name.toUpperCase(Locale.ROOT), name -> name),
        /** Normalises, and keeps the normal form: HFS+. */
        UNICODE(FoldingTargetTest::decomposed, FoldingTargetTest::decomposed),
        BOTH(name -> decomposed(name.toLowerCase(Locale.ROOT)), FoldingTargetTest::decomposed),
        /** Windows, behind SMB. */
        TRAILING_DOTS(name -> name.replaceAll("[. ]+$", ""), name -> name.replaceAll("[. ]+$", "")),
        /** lowntfs-3g with ignore_case. */
        LOWER(name -> name.toLowerCase(Locale.ROOT), name -> name.toLowerCase(Locale.ROOT)),
        /** In a way that the restore has no idea of. */
        UNKNOWN(name -> name.replaceAll("[aeiou_]", ""), name -> name);

        private final UnaryOperator<String> fold;
        private final UnaryOperator<String> stored;

        Kind(UnaryOperator<String> fold, UnaryOperator<String> stored) {
            this.fold = fold;
            this.stored = stored;
        }
    }

    private Directory open(Kind kind) throws IOException {
        return new FoldingDirectory(Platform.current().open(bytes(target.toString())), kind.fold, kind.stored);
    }

    private static MemorySnapshot snapshot(Directory like) throws IOException {
        // In the order of their bytes.
        return new MemorySnapshot(like)
                .directory("Docs")
                .file("in", "Docs/in")
                .leave()
                .file("README", new byte[70_000], bytes("README"))
                .file("Readme", "Readme")
                .linkedFile("X", 5, 2, "linked")
                .directory("docs")
                .file("IN", "docs/IN")
                .file("in", "docs/in")
                .leave()
                .file("e\u0301", "decomposed")
                .file("readme", "readme")
                .file("readme.", "readme.")
                .file("same", "same")
                .file("same_e", "same_e")
                .symlink("tArget", "elsewhere")
                .symlink("target", "nowhere")
                .link("x", 5, 2)
                .file("\u00e9", "composed");
    }

    private RestoreStats restore(Kind kind, MemorySnapshot snapshot, Overwrite overwrite) throws IOException {
        try (Directory directory = open(kind)) {
            problems.clear();
            return snapshot.restore(
                    directory, RestoreOptions.overwriting(overwrite), (path, what) -> problems.add(path + ": " + what));
        }
    }

    /** What is in the target, by path: a file's content, a link's target. */
    private Map<String, String> entries() throws IOException {
        Map<String, String> entries = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(target)) {
            for (Path each : paths.toList()) {
                String name = target.relativize(each).toString();
                if (Files.isSymbolicLink(each)) {
                    entries.put(name, Files.readSymbolicLink(each).toString());
                } else if (Files.isRegularFile(each)) {
                    entries.put(name, Files.readString(each).replace("\0", ""));
                }
            }
        }
        return entries;
    }

    private static final List<String> CONTENTS = List.of(
            "Docs/in",
            "README",
            "Readme",
            "composed",
            "decomposed",
            "docs/IN",
            "docs/in",
            "elsewhere",
            "linked",
            "linked",
            "nowhere",
            "readme",
            "readme.",
            "same",
            "same_e");

    @ParameterizedTest
    @EnumSource(Kind.class)
    void everythingIsKeptAndTold(Kind kind) throws Exception {
        MemorySnapshot snapshot;
        try (Directory directory = open(kind)) {
            snapshot = snapshot(directory);
        }
        restore(kind, snapshot, Overwrite.IF_CHANGED);
        Map<String, String> first = entries();
        assertThat(first.values()).containsExactlyInAnyOrderElementsOf(CONTENTS);
        assertThat(first.keySet()).noneMatch(name -> name.contains("partial"));
        long renamed = first.keySet().stream()
                .filter(name -> name.contains(".holdfast-kept-"))
                .count();
        assertThat(renamed).isPositive();
        assertThat(problems)
                .hasSizeGreaterThanOrEqualTo((int) renamed - 1)
                .allMatch(each -> each.contains("takes this name for that of another entry"));

        // Again and again: the same entries under the same names.
        for (Overwrite policy : List.of(Overwrite.IF_CHANGED, Overwrite.ALWAYS, Overwrite.QUICK)) {
            RestoreStats again = restore(kind, snapshot, policy);
            assertThat(entries()).as(policy.toString()).isEqualTo(first);
            assertThat(again.bytes.sum() == 0).isEqualTo(policy != Overwrite.ALWAYS);
        }
    }

    /** As exFAT and NTFS refuse names that are no text; here those that become too long. */
    @Test
    void nameThatTheTargetCannotHaveIsToldInTheSameWordsEachTime() throws Exception {
        UnaryOperator<String> stored = name -> name.startsWith("bad") && name.length() == 4 ? name.repeat(100) : name;
        try (Directory real = Platform.current().open(bytes(target.toString()))) {
            MemorySnapshot snapshot = new MemorySnapshot(real);
            snapshot.file("bad1", "one");
            snapshot.file("bad2", "two");
            snapshot.file("good", "three");
            List<List<String>> told = new ArrayList<>();
            for (Overwrite policy : List.of(Overwrite.IF_CHANGED, Overwrite.IF_CHANGED, Overwrite.ALWAYS)) {
                problems.clear();
                try (Directory directory =
                        new FoldingDirectory(Platform.current().open(bytes(target.toString())), name -> name, stored)) {
                    snapshot.restore(
                            directory,
                            RestoreOptions.overwriting(policy),
                            (path, what) -> problems.add(path + ": " + what));
                }
                assertThat(entries().values()).containsExactlyInAnyOrder("one", "two", "three");
                told.add(problems.stream().sorted().toList());
            }
            assertThat(told.getFirst())
                    .hasSize(2)
                    .allMatch(each ->
                            each.contains("the target cannot have this name: File name too long; kept as 'bad"));
            assertThat(told).allMatch(each -> each.equals(told.getFirst()));
        }
    }

    /** Which of two entries gets the name is decided by which is whole first; further restores leave it at that. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void theLaterNameMayBeFirst(Kind kind) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            MemorySnapshot snapshot;
            try (Directory directory = open(kind)) {
                snapshot = snapshot(directory);
            }
            snapshot.reverse();
            restore(kind, snapshot, Overwrite.IF_CHANGED);
            Map<String, String> first = entries();
            assertThat(first.values()).containsExactlyInAnyOrderElementsOf(CONTENTS);
            restore(kind, snapshot, Overwrite.ALWAYS);
            assertThat(entries()).isEqualTo(first);
            new ProcessBuilder("find", target.toString(), "-mindepth", "1", "-delete")
                    .start()
                    .waitFor();
        }
    }

    @ParameterizedTest
    @CsvSource({"UNICODE,\u00e9,e\u0301", "TRAILING_DOTS,readme.,readme", "CASE,readme,README", "LOWER,dot,DOT."})
    void theNameStaysWithTheEntryThatHasIt(Kind kind, String winner, String loser) throws Exception {
        MemorySnapshot snapshot;
        try (Directory directory = open(kind);
                Directory.FileHandle won = directory.createFile(bytes(winner));
                Directory.FileHandle lost = directory.createFile(Names.alternative(bytes(loser)))) {
            won.write(0, bytes("winner"), 0, 6);
            lost.write(0, bytes("loser"), 0, 5);
            snapshot = new MemorySnapshot(directory);
        }
        Map<String, String> before = entries();
        for (String each :
                Stream.of(winner, loser).sorted(FoldingTargetTest::byBytes).toList()) {
            snapshot.file(each, each.equals(winner) ? "winner" : "loser");
        }
        for (Overwrite policy : List.of(Overwrite.IF_CHANGED, Overwrite.ALWAYS)) {
            restore(kind, snapshot, policy);
            assertThat(entries()).isEqualTo(before);
        }
    }

    private static int byBytes(String a, String b) {
        return Arrays.compareUnsigned(bytes(a), bytes(b));
    }

    @Test
    void whatWasThereUnderAnotherSpellingIsTakenOnce() throws Exception {
        Files.writeString(target.resolve("readme"), "old");
        MemorySnapshot snapshot;
        try (Directory directory = open(Kind.CASE)) {
            snapshot = new MemorySnapshot(directory).file("README", "upper");
        }
        restore(Kind.CASE, snapshot, Overwrite.IF_CHANGED);
        assertThat(entries()).hasSize(1).containsValue("upper");
        assertThat(problems).isEmpty();

        Files.delete(target.resolve(entries().keySet().iterator().next()));
        Files.writeString(target.resolve("readme"), "old");
        try (Directory directory = open(Kind.CASE)) {
            snapshot = new MemorySnapshot(directory).file("README", "upper").file("readme", "lower");
        }
        restore(Kind.CASE, snapshot, Overwrite.IF_CHANGED);
        assertThat(entries().values()).containsExactlyInAnyOrder("upper", "lower");
        assertThat(problems).hasSize(1);
    }

    /** Where names are told apart nobody gets another one, whatever is missing or was there. */
    @Test
    void nothingIsRenamedWhereNamesAreToldApart() throws Exception {
        MemorySnapshot snapshot;
        try (Directory directory = Platform.current().open(bytes(target.toString()))) {
            snapshot = snapshot(directory);
        }
        for (int round = 0; round < 4; round++) {
            try (Directory directory = Platform.current().open(bytes(target.toString()))) {
                snapshot.restore(
                        directory,
                        RestoreOptions.overwriting(Overwrite.IF_CHANGED),
                        (path, what) -> problems.add(path + ": " + what));
            }
            assertThat(problems).isEmpty();
            assertThat(entries().keySet()).hasSize(CONTENTS.size()).noneMatch(name -> name.contains("holdfast"));
            Files.delete(target.resolve(round % 2 == 0 ? "README" : "Readme"));
            if (round == 2) {
                Files.delete(target.resolve("Docs/in"));
                Files.delete(target.resolve("Docs"));
            }
        }
    }
}
