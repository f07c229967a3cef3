package dev.holdfast.agent.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths as users give them, and what a walk makes of them. */
class SourcesTest {
    private final Platform platform = Platform.current();

    @TempDir
    Path dir;

    private Path top;

    @BeforeEach
    void makeTree() throws IOException {
        top = dir.toRealPath();
        Files.createDirectories(top.resolve("real/docs/deep"));
        Files.writeString(top.resolve("real/docs/a"), "a");
        Files.writeString(top.resolve("real/docs/a.tmp"), "a");
        Files.writeString(top.resolve("real/docs/deep/b"), "b");
        Files.createSymbolicLink(top.resolve("link"), Path.of("real"));
        Files.createSymbolicLink(top.resolve("real/docs/inner"), Path.of("deep"));
        Files.createSymbolicLink(top.resolve("gone"), Path.of("nowhere"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Sources find(String... below) throws IOException {
        List<byte[]> paths = new ArrayList<>();
        for (String each : below) {
            paths.add(bytes(top + "/" + each));
        }
        return Sources.find(platform, paths, List.of());
    }

    /** What the walk finds below the directory: directories with a slash behind, problems with an exclamation mark. */
    private List<String> walk(Sources sources, Excludes excludes) throws IOException {
        List<String> found = new ArrayList<>();
        Walker.Visitor visitor = new Walker.Visitor() {
            private void add(TreePath path, String suffix) {
                String text = path.toString();
                if (text.length() > top.toString().length()) {
                    found.add(text.substring(top.toString().length() + 1) + suffix);
                }
            }

            @Override
            public void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
                assertThat(parent.use(directory -> directory.stat(name)).sameFile(stat))
                        .isTrue();
                add(path, "/");
            }

            @Override
            public void leave(TreePath path) {}

            @Override
            public void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) {
                add(path, "");
            }

            @Override
            public void problem(TreePath path, Problem.Kind kind, String detail) {
                add(path, "!");
            }
        };
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(2)) {
            new Walker(sources, excludes, false).walk(pool.root(platform.openRoot()), visitor);
        }
        return found;
    }

    @Test
    void aLinkOnTheWayIsFollowedAndItsPathKept() throws IOException {
        Sources sources = find("link/docs");
        assertThat(walk(sources, new Excludes(List.of())))
                .containsExactly(
                        "link/",
                        "link/docs/",
                        "link/docs/a",
                        "link/docs/a.tmp",
                        "link/docs/deep/",
                        "link/docs/deep/b",
                        "link/docs/inner");
        assertThat(sources.remarks())
                .containsExactly("following the symbolic link " + top + "/link to " + top + "/real");
    }

    @Test
    void excludesMatchThePathAsGivenAndResolved() throws IOException {
        for (String way : List.of("link", "real")) {
            Excludes excludes = new Excludes(List.of(top + "/" + way + "/docs/*.tmp", top + "/" + way + "/docs/deep/"));
            assertThat(walk(find("link/docs"), excludes))
                    .as(way)
                    .containsExactly("link/", "link/docs/", "link/docs/a", "link/docs/inner");
            assertThat(excludes.remarks()).isEmpty();
        }
    }

    @Test
    void aSlashBehindALinkFollowsIt() throws IOException {
        assertThat(walk(find("link"), new Excludes(List.of()))).containsExactly("link");
        assertThat(find("link").remarks()).singleElement().asString().contains("write " + top + "/link/");
        assertThat(walk(find("link/"), new Excludes(List.of())))
                .startsWith("link/", "link/docs/")
                .contains("link/docs/deep/b");
        // Also inside of another source, and a link behind a link.
        assertThat(walk(find("", "link/docs/inner/"), new Excludes(List.of())))
                .contains("link/docs/inner/b", "real/docs/deep/b", "real/docs/inner");
    }

    @Test
    void whatIsBeforeTwoDotsIsResolved() throws IOException {
        assertThat(find("link/docs/inner/../a").paths().getFirst()).hasToString(top + "/real/docs/a");
        assertThat(find("real//./docs/").paths().getFirst()).hasToString(top + "/real/docs");
    }

    @Test
    void whatIsMissingStopsNothingElse() throws IOException {
        Sources sources = Sources.find(
                platform,
                List.of(bytes(top + "/real/docs/deep"), bytes(top + "/missing/x"), bytes(top + "/gone/")),
                List.of(bytes(top + "/maybe")));
        assertThat(sources.missing().keySet())
                .extracting(TreePath::toString)
                .containsExactly(top + "/gone", top + "/missing/x");
        // The series of snapshots is the same whether the path is there or not.
        assertThat(sources.paths()).hasSize(4);
        assertThat(walk(sources, new Excludes(List.of()))).contains("real/docs/deep/b");
        assertThatThrownBy(() -> find("missing", "gone/")).hasMessageContaining("nothing to back up is there");
    }

    @Test
    void directoriesWithAMarkerAndLargeFilesAreLeftOut() throws IOException {
        Files.writeString(
                top.resolve("real/docs/deep/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# more");
        Files.createDirectories(top.resolve("real/fake"));
        Files.writeString(top.resolve("real/fake/CACHEDIR.TAG"), "no signature");
        Files.writeString(top.resolve("real/fake/kept"), "x".repeat(100));
        Files.writeString(top.resolve("real/fake/large"), "x".repeat(101));
        Files.createDirectories(top.resolve("real/marked"));
        Files.writeString(top.resolve("real/marked/.nobackup"), "");
        Files.writeString(top.resolve("real/marked/left"), "x");
        Excludes excludes =
                new Excludes(new Excludes.Settings(List.of(), List.of(), true, List.of(".nobackup", ".absent"), 100));
        assertThat(walk(find("real"), excludes))
                .contains("real/docs/deep/CACHEDIR.TAG", "real/fake/kept", "real/marked/.nobackup")
                .doesNotContain("real/docs/deep/b", "real/marked/left", "real/fake/large");
        assertThat(excludes.remarks()).containsExactly("1 files larger than 100 bytes were left out");
        // A source that is marked was meant.
        assertThat(walk(find("real/marked"), excludes)).contains("real/marked/left");
    }
}
