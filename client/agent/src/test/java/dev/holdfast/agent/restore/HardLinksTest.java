package dev.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Links to a file on another file system become copies, without the rights of a file that was there before. */
@EnabledOnOs(OS.LINUX)
class HardLinksTest {
    @TempDir
    Path target;

    private Path elsewhere;
    /** Told by several writers at once. */
    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @BeforeEach
    void makeElsewhere() throws Exception {
        elsewhere = Files.createTempDirectory(Path.of("/dev/shm"), "holdfast-links");
        assertThat(Files.getFileStore(elsewhere)).isNotEqualTo(Files.getFileStore(target));
    }

    @AfterEach
    void removeElsewhere() throws Exception {
        Files.delete(elsewhere.resolve("kept"));
        Files.delete(elsewhere);
    }

    private static Slot slot(DirectoryNode parent, String name, ExistingFiles existing) {
        return new Slot(parent, Names.ofNew(), TreePath.ROOT.child(bytes(name)), bytes(name), existing);
    }

    private Stat copied(Confinement confinement) throws Exception {
        Timestamp time = new Timestamp(1, 0);
        Attributes recorded = new Attributes(0644, 0, 0, time, time, 7, 8, 2, 5, List.of());
        RestoreStats stats = new RestoreStats();
        ExistingFiles existing =
                new ExistingFiles(Overwrite.NEVER, stats, (path, what) -> problems.add(path + ": " + what));
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(10)) {
            DirectoryNode here = pool.root(Platform.current().open(bytes(target.toString())));
            DirectoryNode there = pool.root(Platform.current().open(bytes(elsewhere.toString())));
            there.use(directory -> {
                directory.createFile(bytes("kept")).close();
                Xattr note = new Xattr(bytes("trusted.note"), bytes("x"));
                // Only root sets such attributes; its mode anybody.
                directory.apply(
                        bytes("kept"),
                        Stat.Type.FILE,
                        new Attributes(06755, 0, 0, time, time, 0, 0, 1, 0, List.of(note)));
                return true;
            });
            WorkFiles work = new WorkFiles(UUID.randomUUID());
            HardLinks links = new HardLinks(here, work, existing, confinement, stats);
            Node.RegularFile kept =
                    new Node.RegularFile(bytes("kept"), recorded, new Content(List.of(), false, false, -1));
            links.stage(slot(there, "kept", existing), kept);
            links.link(
                    slot(here, "copy", existing),
                    TreePath.ROOT.child(bytes("copy")),
                    new Node.HardLink(bytes("copy"), recorded));
            links.close();
            work.close();
            stats.losses().forEach(loss -> problems.add(loss.toString()));
        }
        try (Directory directory = Platform.current().open(bytes(target.toString()))) {
            assertThat(directory.xattrs(bytes("copy")).stream()
                            .map(each -> new String(each.name(), StandardCharsets.UTF_8))
                            .filter(each -> each.startsWith("trusted.")))
                    .hasSize(confinement.plain() || !Platform.current().privileged() ? 0 : 1);
            return directory.stat(bytes("copy"));
        }
    }

    @Test
    void anOrderCopiesNoRights() throws Exception {
        assertThat(copied(new Confinement(true, Set.of())).mode()).isEqualTo(0755);
        assertThat(problems)
                .anyMatch(each -> each.contains("set-user-id bit not restored"))
                .anyMatch(each -> each.contains("hard link: made a copy"));
    }

    @Test
    void theMachinesAdministratorCopiesAll() throws Exception {
        assertThat(copied(Confinement.NONE).mode() & 07777).isEqualTo(06755);
        assertThat(problems).hasSize(1);
    }
}
