package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.nbd.FileExport;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdClient;
import dev.holdfast.protocol.nbd.NbdClientOptions;
import dev.holdfast.protocol.nbd.NbdExports;
import dev.holdfast.protocol.nbd.NbdExtent;
import dev.holdfast.protocol.nbd.NbdServer;
import dev.holdfast.protocol.nbd.NbdServerSettings;
import dev.holdfast.protocol.pki.TestChains;
import dev.holdfast.protocol.pki.TestChains.Issued;
import dev.holdfast.protocol.pki.Usage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.interfaces.ECPrivateKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The NBD server against libnbd's and QEMU's clients, and the NBD client against QEMU's server. */
class NbdToolsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MIB = 1 << 20;
    private static final int SIZE = 40 * MIB;
    private static final String BITMAP = "qemu:dirty-bitmap:b0";

    @TempDir
    Path dir;

    private final byte[] content = new byte[SIZE];
    private Path disk;
    private final List<ProcessHandle> servers = new ArrayList<>();

    /** Data in the first 3 MiB, in 64 KiB at 10 MiB, and in the last MiB; holes between. */
    @BeforeEach
    void makeDisk() throws IOException {
        Random random = new Random(1);
        fill(random, 0, 3 * MIB);
        fill(random, 10 * MIB, 64 << 10);
        fill(random, SIZE - MIB, MIB);
        disk = dir.resolve("disk.raw");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(SIZE);
            for (int at = 0; at < SIZE; at += 64 << 10) {
                if (content[at] != 0) {
                    file.seek(at);
                    file.write(content, at, 64 << 10);
                }
            }
        }
    }

    private void fill(Random random, int from, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, content, from, length);
        for (int at = from; at < from + length; at += 64 << 10) {
            content[at] = 1;
        }
    }

    @AfterEach
    void endServers() throws Exception {
        for (ProcessHandle each : servers) {
            each.destroy();
            each.onExit().get(60, TimeUnit.SECONDS);
        }
    }

    private String run(String... command) throws Exception {
        Path out = dir.resolve("out");
        Path err = dir.resolve("err");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("still running: " + List.of(command));
        }
        assertThat(process.exitValue())
                .as("%s: %s%s", List.of(command), Files.readString(out), Files.readString(err))
                .isZero();
        return Files.readString(out);
    }

    private NbdServer serve(boolean readOnly) throws IOException {
        return NbdServer.listen(
                NbdAddress.unix(dir.resolve("s")),
                NbdExports.single("disk", () -> FileExport.open(disk, readOnly, true)),
                NbdServerSettings.DEFAULT);
    }

    private String uri() {
        return "nbd+unix:///disk?socket=" + dir.resolve("s");
    }

    @Test
    void nbdinfoSeesWhatTheServerHas() throws Exception {
        try (NbdServer server = serve(true)) {
            assertThat(server.address()).hasToString("unix:" + dir.resolve("s"));
            JsonNode info = JSON.readTree(run("nbdinfo", "--json", uri())).at("/exports/0");
            assertThat(info.path("export-size").asLong()).isEqualTo(SIZE);
            assertThat(info.path("is_read_only").asBoolean()).isTrue();
            assertThat(info.path("can_multi_conn").asBoolean()).isTrue();
            assertThat(info.path("can_df").asBoolean()).isTrue();
            assertThat(info.path("description").asText()).isEqualTo("a file");
            assertThat(info.path("block_size_preferred").asInt()).isEqualTo(256 << 10);
            assertThat(info.path("block_size_maximum").asInt()).isEqualTo(32 * MIB);
            assertThat(info.at("/contexts/0").asText()).isEqualTo("base:allocation");
            JsonNode list =
                    JSON.readTree(run("nbdinfo", "--list", "--json", "nbd+unix:///?socket=" + dir.resolve("s")));
            assertThat(list.at("/exports/0/export-name").asText()).isEqualTo("disk");
            List<String> map = new ArrayList<>();
            for (JsonNode each : JSON.readTree(run("nbdinfo", "--map", "--json", uri()))) {
                map.add(each.path("offset").asLong() + " " + each.path("length").asLong() + " "
                        + each.path("type").asInt());
            }
            assertThat(map)
                    .containsExactly(
                            "0 " + 3 * MIB + " 0",
                            3 * MIB + " " + 7 * MIB + " 3",
                            10 * MIB + " " + (64 << 10) + " 0",
                            10 * MIB + (64 << 10) + " " + (SIZE - 11 * MIB - (64 << 10)) + " 3",
                            SIZE - MIB + " " + MIB + " 0");
        }
    }

    @Test
    void imagesAreReadByNbdcopyAndQemu() throws Exception {
        try (NbdServer server = serve(true)) {
            Path copy = dir.resolve("copy.raw");
            run("nbdcopy", uri(), copy.toString());
            assertThat(Files.mismatch(copy, disk)).isEqualTo(-1);
            run("nbdcopy", "--connections=1", "--requests=200", "--request-size=4096", uri(), copy.toString());
            assertThat(Files.mismatch(copy, disk)).isEqualTo(-1);
            run("qemu-img", "compare", "-f", "raw", "-F", "raw", uri(), disk.toString());
            Path qcow2 = dir.resolve("copy.qcow2");
            run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri(), qcow2.toString());
            run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", disk.toString(), qcow2.toString());
            JsonNode map = JSON.readTree(run("qemu-img", "map", "--output=json", "-f", "raw", uri()));
            assertThat(map).hasSize(5);
            assertThat(map.at("/1/zero").asBoolean()).isTrue();
            assertThat(map.at("/1/start").asLong()).isEqualTo(3 * MIB);
            assertThat(map.at("/2/data").asBoolean()).isTrue();
            assertThat(server.connections()).isNotNegative();
        }
    }

    @Test
    void imagesAreWrittenByNbdcopyAndQemu() throws Exception {
        Path target = dir.resolve("target.raw");
        Path source = disk;
        try (RandomAccessFile file = new RandomAccessFile(target.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        disk = target;
        try (NbdServer server = serve(false)) {
            run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source.toString(), uri());
            assertThat(Files.mismatch(source, target)).isEqualTo(-1);
            run("qemu-io", "-f", "raw", "-c", "write -P 5 12345 7777", uri());
            run("nbdcopy", "--flush", source.toString(), uri());
            assertThat(Files.mismatch(source, target)).isEqualTo(-1);
            String said = run(
                    "qemu-io",
                    "-f",
                    "raw",
                    "-c",
                    "write -P 9 1M 2M",
                    "-c",
                    "write -f -P 8 4M 4k",
                    "-c",
                    "read -P 9 1M 2M",
                    "-c",
                    "write -z 1M 64k",
                    "-c",
                    "write -zu 2M 64k",
                    "-c",
                    "read -P 0 1M 64k",
                    "-c",
                    "discard 20M 1M",
                    "-c",
                    "flush",
                    "-c",
                    "aio_read 0 1M",
                    "-c",
                    "aio_write -P 3 30M 4M",
                    "-c",
                    "aio_flush",
                    "-c",
                    "read -P 3 30M 4M",
                    "-c",
                    "read -P 8 4M 4k",
                    uri());
            assertThat(said).doesNotContain("verification failed").contains("wrote 4194304/4194304");
            byte[] got = Files.readAllBytes(target);
            assertThat(Arrays.equals(got, MIB, MIB + (64 << 10), new byte[64 << 10], 0, 64 << 10))
                    .isTrue();
            assertThat(got[2 * MIB - 1]).isEqualTo((byte) 9);
            assertThat(got[34 * MIB - 1]).isEqualTo((byte) 3);
            assertThat(server.connections()).isNotNegative();
        }
    }

    /** Starts QEMU's server, which has forked when this returns. */
    private NbdAddress qemuNbd(String... more) throws Exception {
        Path socket = dir.resolve("q" + servers.size());
        Path pid = dir.resolve("pid" + servers.size());
        List<String> command = new ArrayList<>(List.of(
                "qemu-nbd",
                "--fork",
                "--persistent",
                "--pid-file",
                pid.toString(),
                "-x",
                "disk",
                "-k",
                socket.toString()));
        command.addAll(List.of(more));
        run(command.toArray(String[]::new));
        servers.add(
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow());
        return NbdAddress.unix(socket);
    }

    private static byte[] readAll(NbdClient client) throws IOException {
        ByteBuffer all = ByteBuffer.allocate((int) client.size());
        client.read(0, all);
        return all.array();
    }

    private static List<NbdExtent> extents(NbdClient client, String context) throws IOException {
        List<NbdExtent> extents = new ArrayList<>();
        client.extents(context, 0, client.size(), extents::add);
        return extents;
    }

    @Test
    void clientReadsAndWritesARawImageOfQemu() throws Exception {
        NbdAddress address = qemuNbd("-f", "raw", "--discard=unmap", disk.toString());
        NbdClientOptions options = NbdClientOptions.of("disk").withContexts("base:allocation");
        try (NbdClient client = NbdClient.connect(address, options)) {
            assertThat(client.info().structured()).isTrue();
            assertThat(Arrays.equals(readAll(client), content)).isTrue();
            assertThat(extents(client, "base:allocation"))
                    .containsExactly(
                            NbdExtent.data(0, 3 * MIB),
                            NbdExtent.hole(3 * MIB, 7 * MIB),
                            NbdExtent.data(10 * MIB, 64 << 10),
                            NbdExtent.hole(10 * MIB + (64 << 10), SIZE - 11 * MIB - (64 << 10)),
                            NbdExtent.data(SIZE - MIB, MIB));
            byte[] data = new byte[3_000_001];
            new Random(2).nextBytes(data);
            client.write(5_000_003, ByteBuffer.wrap(data));
            System.arraycopy(data, 0, content, 5_000_003, data.length);
            client.writeThrough(17, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            System.arraycopy(new byte[] {1, 2, 3}, 0, content, 17, 3);
            client.zero(MIB, 100_000, true);
            client.zero(2 * MIB, 100_000, false);
            Arrays.fill(content, MIB, MIB + 100_000, (byte) 0);
            Arrays.fill(content, 2 * MIB, 2 * MIB + 100_000, (byte) 0);
            client.cache(0, MIB);
            client.trim(30 * MIB, MIB);
            client.flush();
            assertThat(Arrays.equals(readAll(client), content)).isTrue();
        }
        assertThat(Arrays.equals(Files.readAllBytes(disk), content)).isTrue();
        assertThat(NbdClient.list(address, options)).containsExactly(new NbdExports.Listed("disk", ""));
    }

    @Test
    void clientSeesTheDirtyBitmapOfAQcow2Image() throws Exception {
        Path image = dir.resolve("disk.qcow2");
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk.toString(), image.toString());
        run("qemu-img", "bitmap", "--add", "-g", "65536", image.toString(), "b0");
        run("qemu-io", "-f", "qcow2", "-c", "write -P 7 20M 128k", "-c", "write -P 6 100k 1k", image.toString());
        Arrays.fill(content, 20 * MIB, 20 * MIB + (128 << 10), (byte) 7);
        Arrays.fill(content, 100 << 10, 101 << 10, (byte) 6);
        NbdAddress address = qemuNbd("-r", "-f", "qcow2", "-B", "b0", image.toString());
        NbdClientOptions options = NbdClientOptions.of("disk").withContexts("base:allocation", BITMAP, "qemu:none");
        try (NbdClient client = NbdClient.connect(address, options)) {
            assertThat(client.info().readOnly()).isTrue();
            assertThat(client.contexts()).containsExactlyInAnyOrder("base:allocation", BITMAP);
            assertThat(Arrays.equals(readAll(client), content)).isTrue();
            assertThat(extents(client, BITMAP).stream().filter(NbdExtent::isDirty))
                    .containsExactly(
                            new NbdExtent(64 << 10, 64 << 10, NbdExtent.DIRTY),
                            new NbdExtent(20 * MIB, 128 << 10, NbdExtent.DIRTY));
            assertThat(extents(client, "base:allocation").stream().filter(each -> !each.isZero()))
                    .contains(NbdExtent.data(20 * MIB, 128 << 10));
        }
    }

    /** Certificates as QEMU and libnbd want them: files of fixed names. */
    private SSLContext credentials(String side, Usage usage, Issued authority) throws Exception {
        Issued peer = TestChains.peer(authority, usage);
        Path files = Files.createDirectories(dir.resolve(side));
        pem(files.resolve("ca-cert.pem"), "CERTIFICATE", authority.certificate().getEncoded());
        pem(files.resolve(side + "-cert.pem"), "CERTIFICATE", peer.certificate().getEncoded());
        pem(files.resolve(side + "-key.pem"), "EC PRIVATE KEY", keyForGnuTls(peer));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("key", peer.key(), new char[0], new Certificate[] {peer.certificate()});
        store.setCertificateEntry("authority", authority.certificate());
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** With its curve and public key, which GnuTLS wants there. */
    private static byte[] keyForGnuTls(Issued peer) throws IOException {
        SubjectPublicKeyInfo open = SubjectPublicKeyInfo.getInstance(
                peer.certificate().getPublicKey().getEncoded());
        BigInteger secret = ((ECPrivateKey) peer.key()).getS();
        return new org.bouncycastle.asn1.sec.ECPrivateKey(
                        256,
                        secret,
                        open.getPublicKeyData(),
                        open.getAlgorithm().getParameters())
                .getEncoded();
    }

    private static void pem(Path file, String what, byte[] content) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }

    @Test
    void tlsWorksWithLibnbdAndQemu() throws Exception {
        Issued authority = TestChains.authority();
        SSLContext server = credentials("server", Usage.APPLIANCE, authority);
        SSLContext client = credentials("client", Usage.NODE, authority);
        Path copy = dir.resolve("copy.raw");
        try (NbdServer serving = NbdServer.listen(
                NbdAddress.unix(dir.resolve("s")),
                NbdExports.single("disk", () -> FileExport.open(disk, true, false)),
                NbdServerSettings.DEFAULT.withTls(server))) {
            run(
                    "nbdcopy",
                    "nbds+unix:///disk?socket=" + dir.resolve("s") + "&tls-certificates=" + dir.resolve("client")
                            + "&tls-verify-peer=false",
                    copy.toString());
            assertThat(Files.mismatch(copy, disk)).isEqualTo(-1);
            assertThat(serving.connections()).isNotNegative();
        }
        NbdAddress address = qemuNbd(
                "--object",
                "tls-creds-x509,id=tls0,endpoint=server,verify-peer=yes,dir=" + dir.resolve("server"),
                "--tls-creds",
                "tls0",
                "-r",
                "-f",
                "raw",
                disk.toString());
        try (NbdClient reading =
                NbdClient.connect(address, NbdClientOptions.of("disk").withTls(client, null))) {
            assertThat(Arrays.equals(readAll(reading), content)).isTrue();
        }
    }
}
