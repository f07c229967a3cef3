package dev.holdfast.server.instant;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.guestfs.ImageFiles;
import dev.holdfast.control.image.ChunkFile;
import dev.holdfast.control.image.ImageCache;
import dev.holdfast.control.instant.InstantService;
import dev.holdfast.control.instant.Recoveries;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdExport;
import dev.holdfast.protocol.nbd.NbdExports;
import dev.holdfast.protocol.nbd.NbdServer;
import dev.holdfast.protocol.nbd.NbdServerSettings;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Listens for machines that run from snapshots. Every user who can enter the data directory can use the Unix socket. */
public final class NbdService implements InstantService, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(NbdService.class.getName());
    private static final String DIRECTORY = "recoveries";
    private static final String FILES = "image-files";
    private static final String SOCKET = "nbd.sock";
    /** What the system takes for the path of a Unix socket. */
    private static final int MAX_SOCKET_BYTES = 107;
    /** Of the heap, for chunks that were read. */
    private static final int CACHE_SHARE = 16;
    /** Of the file system, for chunks that were read. */
    private static final int CHUNK_FILE_SHARE = 50;

    private static final long MAX_CHUNK_FILE_BYTES = 16L << 30;
    /** Of the heap, for requests, outside of it: half of what the process may take there. */
    private static final int REQUESTS_SHARE = 16;

    private static final int CONNECTION_BYTES = 4 << 20;
    private static final int MIN_CONNECTIONS = 8;
    private static final int MAX_CONNECTIONS = 128;
    private static final int REQUESTS = 32;

    private final ControlDb control;
    private final ChunkFile chunks;
    private final Recoveries recoveries;
    private final ImageFiles files;
    private final NbdServerSettings settings;
    private final Optional<Path> socket;
    private final List<NbdServer> servers = new ArrayList<>();
    private volatile int port;

    private NbdService(
            ControlDb control,
            ChunkFile chunks,
            Recoveries recoveries,
            ImageFiles files,
            NbdServerSettings settings,
            Optional<Path> socket) {
        this.control = control;
        this.chunks = chunks;
        this.recoveries = recoveries;
        this.files = files;
        this.settings = settings;
        this.socket = socket;
    }

    /** Opens the recoveries of a data directory, and listens on the socket. */
    public static NbdService open(Path data, HardwareProfile profile, Store store, ControlDb control)
            throws IOException {
        long heap = profile.memory().heap().bytes();
        Path root = data.toAbsolutePath().normalize();
        Path directory = root.resolve(DIRECTORY);
        AtomicFile.createDirectory(directory);
        long cacheBytes = Math.min(MAX_CHUNK_FILE_BYTES, new LocalDisk().totalBytes(directory) / CHUNK_FILE_SHARE);
        ChunkFile chunks = ChunkFile.make(directory, cacheBytes, bytes -> Recoveries.allowsCache(directory, bytes));
        NbdService service;
        try {
            ImageCache cache = new ImageCache(store, heap / CACHE_SHARE, Optional.of(chunks));
            Recoveries recoveries = new Recoveries(directory, store, cache, control.marks());
            ImageFiles files = new ImageFiles(cache, root.resolve(FILES));
            Path path = directory.resolve(SOCKET);
            boolean fits = path.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_SOCKET_BYTES;
            Optional<Path> socket = fits ? Optional.of(path) : Optional.empty();
            service = new NbdService(control, chunks, recoveries, files, settings(heap), socket);
        } catch (IOException | RuntimeException e) {
            chunks.close();
            throw e;
        }
        try {
            service.listenOnSocket();
            return service;
        } catch (IOException | RuntimeException e) {
            service.close();
            throw e;
        }
    }

    private static NbdServerSettings settings(long heap) {
        int connections = Math.clamp(heap / REQUESTS_SHARE / CONNECTION_BYTES, MIN_CONNECTIONS, MAX_CONNECTIONS);
        return NbdServerSettings.DEFAULT.withConnections(connections).withRequests(REQUESTS, CONNECTION_BYTES);
    }

    private void listenOnSocket() throws IOException {
        if (socket.isPresent()) {
            // Of an appliance that was killed: this one holds the lock of the data directory.
            Files.deleteIfExists(socket.get());
            servers.add(NbdServer.listen(
                    NbdAddress.unix(socket.get()), recoveries.exports(user -> true, () -> {}), settings));
        } else {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the path of the data directory is too long for a Unix socket: no machine on this host can run from a"
                            + " snapshot, unless over --nbd");
        }
    }

    /** Lets nodes use the disks of recoveries that are for them. Returns the port. */
    public synchronized int listen(InetSocketAddress address, SSLContext context) throws IOException {
        NbdServerSettings overNetwork = settings.withPerAddress(Math.max(1, settings.connections() / 2));
        NbdServer server = NbdServer.listen(
                NbdAddress.tcp(address.getHostString(), address.getPort()),
                new ForNodes(),
                overNetwork.withTls(context));
        servers.add(server);
        port = ((NbdAddress.Tcp) server.address()).port();
        return port;
    }

    /** Who shows a certificate of a node sees what is for that node. */
    private final class ForNodes implements NbdExports {
        @Override
        public NbdExports of(X509Certificate peer) throws IOException {
            NodeAdmission admission = new NodeAdmission(control, Authority.nodeId(peer), Authority.fingerprint(peer));
            admission.require();
            return recoveries.exports(user -> user == admission.node(), admission::require);
        }

        @Override
        public List<Listed> list() {
            return List.of();
        }

        @Override
        public @Nullable NbdExport open(String name) {
            return null;
        }
    }

    @Override
    public Recoveries recoveries() {
        return recoveries;
    }

    @Override
    public ImageFiles files() {
        return files;
    }

    @Override
    public Optional<Path> socket() {
        return socket;
    }

    @Override
    public int port() {
        return port;
    }

    /** Lets requests end, closes all connections, then the disks. */
    @Override
    public synchronized void close() throws IOException {
        try (chunks;
                recoveries) {
            files.close();
            for (NbdServer each : servers) {
                each.close();
            }
        }
    }
}
