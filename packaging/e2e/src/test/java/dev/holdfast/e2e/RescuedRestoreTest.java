package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.cli.Main;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.control.rescue.Mirror;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.envelope.Credential;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client and an appliance that was started with --read-only on a copy of the data that nobody may write to. */
class RescuedRestoreTest {
    private static final Set<PosixFilePermission> WRITE =
            Set.of(PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    @TempDir
    private Path work;

    /** Runs a command of the client that must end with a code; returns what it printed, messages too. */
    private String client(int code, Path state, String... words) {
        List<String> all = new ArrayList<>(List.of("--state", state.toString()));
        all.addAll(Arrays.asList(words));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream err = System.err;
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            int ended = Main.run(new StandardOutput(printed), all.toArray(String[]::new));
            String text = printed.toString(StandardCharsets.UTF_8);
            assertThat(ended).as("%s: %s", all, text).isEqualTo(code);
            return text;
        } finally {
            System.setErr(err);
        }
    }

    private static void fill(Path source) throws IOException {
        Random random = new Random(18);
        for (int size : new int[] {0, 1, 4096, 300_000, 2_000_000}) {
            byte[] content = new byte[size];
            random.nextBytes(content);
            Path directory = Files.createDirectories(source.resolve("size " + size));
            Files.write(directory.resolve("file"), content);
        }
        Files.createSymbolicLink(source.resolve("link"), Path.of("size 1/file"));
        Files.createLink(source.resolve("hard link"), source.resolve("size 4096/file"));
        Files.createDirectory(source.resolve("empty"));
    }

    /** Takes the right to write to it away. */
    private static void seal(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path each : files.toList()) {
                Set<PosixFilePermission> less = Files.getPosixFilePermissions(each);
                less.removeAll(WRITE);
                Files.setPosixFilePermissions(each, less);
            }
        }
    }

    /** Sizes, permissions and the times that no program can set. */
    private static Map<String, String> facts(Path tree) throws IOException {
        Map<String, String> facts = new TreeMap<>();
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path each : files.toList()) {
                facts.put(
                        each.toString(),
                        Files.size(each) + " " + Files.getPosixFilePermissions(each) + " "
                                + Files.getAttribute(each, "unix:ctime"));
            }
        }
        return facts;
    }

    @Test
    void clientRestoresAndIsToldWhyItCannotBackUp() throws Exception {
        Path source = Files.createDirectory(work.resolve("source"));
        fill(source);
        Path data = work.resolve("data");
        InetSocketAddress address;
        Path state;
        try (InProcess office = new InProcess(work)) {
            assertThat(office.backup(Platform.current(), TreePath.parse(source.toString()))
                            .problems())
                    .isEmpty();
            address = office.address();
            state = office.state();
        }
        Path original = work.resolve("original");
        Files.move(data, original);
        Trees.copy(original, data);
        seal(data);
        Map<String, String> before = facts(data);
        Path scratch = Files.createDirectory(work.resolve("scratch"));
        List<String> warnings = new ArrayList<>();
        try (Mirror mirror = Mirror.of(data, scratch, warnings::add);
                Credential key = Objects.requireNonNull(mirror.directory().unattendedKey());
                Appliance rescued = new Appliance(mirror.directory(), key, address, InProcess.silent())) {
            assertThat(rescued.port()).isEqualTo(address.getPort());
            Path back = work.resolve("back");
            client(0, state, "restore", "latest", "--target", back.toString(), "--quiet");
            Product.mustEqual(source, Path.of(back + source.toString()));
            assertThat(client(5, state, "backup", source.toString()))
                    .contains("this appliance was started with --read-only")
                    .contains("takes neither backups nor nodes");
            assertThat(client(0, state, "snapshots", "--json").split("\"id\"", -1))
                    .hasSize(2);
        }
        assertThat(warnings).isEmpty();
        assertThat(facts(data)).isEqualTo(before);
        assertThat(scratch).isEmptyDirectory();
    }
}
