package dev.holdfast.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.backup.BackupStats;
import dev.holdfast.agent.backup.CompressionSide;
import dev.holdfast.agent.backup.Throttle;
import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** An appliance and a client in this process, over real TLS: for tests that must act at a chosen moment of a backup. */
final class InProcess implements AutoCloseable {
    /** Something to do with a data directory before an appliance starts on it. */
    interface Preparation {
        void on(DataDirectory directory) throws Exception;
    }

    private final dev.holdfast.server.Appliance server;
    private final Path state;

    InProcess(Path work) throws Exception {
        this(work, directory -> {});
    }

    InProcess(Path work, Preparation preparation) throws Exception {
        this(work, preparation, InstantSource.system());
    }

    /** With an appliance that has its own time. */
    InProcess(Path work, Preparation preparation, InstantSource clock) throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        preparation.on(directory);
        try (Credential credential = directory.unattendedKey()) {
            assertThat(credential).isNotNull();
            server = new dev.holdfast.server.Appliance(
                    directory, credential, new InetSocketAddress("127.0.0.1", 0), silent(), List.of(), clock);
        }
        Authority.Token token = Authority.newToken(Authority.fingerprint(Authority.loadCertificate(directory.keys())));
        try (ControlDb control = new ControlDb(directory.controlDb(), clock)) {
            control.tokens().add(token.secret(), Duration.ofHours(1), null);
        }
        state = Files.createDirectories(work.resolve("state"));
        Enrolment.enroll(Endpoint.parse("https://127.0.0.1:" + server.port()), token.text(), null, "node", state);
    }

    /** Where its clients connect. */
    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", server.port());
    }

    /** The state directory of its client. */
    Path state() {
        return state;
    }

    static IndexRecovery.Progress silent() {
        return new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {}
        };
    }

    /** A snapshot, and what was reported of it. */
    record Made(UUID snapshot, List<Problem> problems) {
        /** Whether the path, or a directory above it, is in the report. */
        boolean reports(TreePath path) {
            return problems.stream().anyMatch(problem -> path.startsWith(problem.path()));
        }
    }

    Made backup(Platform platform, TreePath source) throws Exception {
        List<Problem> problems = Collections.synchronizedList(new ArrayList<>());
        var options = new Backup.Options(
                Sources.of(source),
                new Excludes(List.of()),
                false,
                false,
                CompressionSide.CLIENT,
                1,
                2,
                64 << 20,
                List.of(),
                Throttle.NONE,
                0);
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            Backup.Result result =
                    new Backup(platform, appliance, state, options, new BackupStats(), problems::add).run();
            return new Made(result.snapshot(), List.copyOf(problems));
        }
    }

    /** The content of every regular file below a path, hard links too. */
    SortedMap<TreePath, byte[]> files(UUID snapshot, TreePath top) throws Exception {
        SortedMap<TreePath, byte[]> found = new TreeMap<>();
        Map<Digest, byte[]> chunks = new HashMap<>();
        Map<List<Long>, byte[]> linked = new HashMap<>();
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            TreeCursor cursor = new TreeCursor(appliance.open(snapshot, Purpose.OTHER, "test"));
            cursor.seek(top);
            TreeCursor.Entry entry = cursor.nextWithin(top);
            while (entry != null) {
                TreePath path = entry.path();
                Node node = entry.node();
                entry = cursor.nextWithin(top);
                if (node instanceof Node.HardLink link) {
                    found.put(path, requireNonNull(linked.get(key(link.attributes())), () -> "nothing for " + path));
                } else if (node instanceof Node.RegularFile file) {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    write(appliance, chunks, file.content(), out);
                    while (entry != null && entry.node() instanceof Node.More(Content more)) {
                        write(appliance, chunks, more, out);
                        entry = cursor.nextWithin(top);
                    }
                    found.put(path, out.toByteArray());
                    linked.put(key(file.attributes()), out.toByteArray());
                }
            }
        }
        return found;
    }

    private static List<Long> key(Attributes attributes) {
        return List.of(attributes.device(), attributes.inode());
    }

    private static void write(
            Appliance appliance, Map<Digest, byte[]> chunks, Content content, ByteArrayOutputStream out)
            throws Exception {
        for (Extent extent : content.extents()) {
            out.writeBytes(new byte[Math.toIntExact(extent.gap())]);
            if (!chunks.containsKey(extent.chunk())) {
                chunks.put(extent.chunk(), appliance.read(extent.chunk()));
            }
            out.write(chunks.get(extent.chunk()), extent.offset(), extent.length());
        }
        if (!content.more()) {
            out.writeBytes(new byte[Math.toIntExact(Math.max(0, content.length() - out.size()))]);
        }
    }

    /** Everything below a path, in the order of the snapshot. */
    SortedMap<TreePath, Node.Named> nodes(UUID snapshot, TreePath top) throws Exception {
        SortedMap<TreePath, Node.Named> found = new TreeMap<>();
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            new Contents(appliance, appliance.open(snapshot, Purpose.OTHER, "test")).list(top, true, found::put);
        }
        return found;
    }

    @Override
    public void close() throws Exception {
        server.close();
    }
}
