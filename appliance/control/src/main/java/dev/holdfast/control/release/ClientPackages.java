package dev.holdfast.control.release;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The packages in {@code client-packages} of the data directory. A package named H, by its SHA-256, is {@code H.package} and
 * {@code H.sig}. It exists once {@code H.sig} does, which is written last and deleted first. While it arrives, it is {@code
 * H.part} and {@code H.offer}, the signature. Safe for use by several threads of one process.
 */
public final class ClientPackages {
    /** Packages, those that arrive included. */
    public static final int MAX_PACKAGES = 20;

    private static final System.Logger LOG = System.getLogger(ClientPackages.class.getName());
    private static final int BUFFER_BYTES = 1 << 16;
    /** Left free on the file system. */
    private static final long RESERVE_BYTES = 64L << 20;

    private static final Comparator<ReleaseSignature> NEWEST_FIRST = Comparator.comparing(
                    (ReleaseSignature each) -> each.about().version())
            .reversed()
            .thenComparing(each -> each.about().sha256());

    private final Path directory;

    /** @param root the data directory */
    public ClientPackages(Path root) {
        this.directory = root.resolve("client-packages");
    }

    /** Why a package, or a part of it, was not taken. */
    public static final class NotTakenException extends PhrasedException {
        private static final long serialVersionUID = 1;

        NotTakenException(Phrase why) {
            super(why);
        }
    }

    private Path file(String sha256, String end) {
        return directory.resolve(sha256 + "." + end);
    }

    /** Those that are whole, the newest version first. */
    public List<ReleaseSignature> list() throws IOException {
        List<ReleaseSignature> found = new ArrayList<>();
        for (Path each : files("sig")) {
            try {
                found.add(ReleaseSignature.read(each));
            } catch (FormatException e) {
                LOG.log(System.Logger.Level.WARNING, each + " is damaged; remove it, and add the package again", e);
            } catch (NoSuchFileException e) {
                LOG.log(System.Logger.Level.DEBUG, "removed meanwhile", e);
            }
        }
        found.sort(NEWEST_FIRST);
        return found;
    }

    private List<Path> files(String end) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, "*." + end)) {
                stream.forEach(files::add);
            }
        }
        return files;
    }

    public Optional<ReleaseSignature> find(String sha256) throws IOException {
        return list().stream()
                .filter(each -> each.about().sha256().equals(sha256))
                .findFirst();
    }

    /** Those of one version. */
    public List<ReleaseSignature> of(ReleaseVersion version) throws IOException {
        return list().stream()
                .filter(each -> each.about().version().compareTo(version) == 0)
                .toList();
    }

    /** The newest version that is offered, of any architecture; empty if no package is offered. */
    public Optional<ReleaseVersion> newest() throws IOException {
        return list().stream().map(each -> each.about().version()).findFirst();
    }

    /**
     * Begins to take a package, or resumes.
     *
     * @return how many bytes of it have arrived; its size where it is whole
     */
    public synchronized long offer(ReleaseSignature signature) throws IOException {
        ReleasePackage about = signature.about();
        if (!about.product().equals(ReleasePackage.CLIENT)) {
            throw new NotTakenException(Phrase.of("client-package.other-product")
                    .with("package", about.label())
                    .with("product", ReleasePackage.CLIENT));
        }
        if (find(about.sha256()).isPresent()) {
            return about.size();
        }
        AtomicFile.createDirectory(directory);
        Path part = file(about.sha256(), "part");
        long received = Files.exists(part) ? Files.size(part) : 0;
        if (received > 0 && received <= about.size()) {
            AtomicFile.write(file(about.sha256(), "offer"), signature.text().getBytes(US_ASCII), true);
            return received;
        }
        if (files("sig").size() + files("offer").size() >= MAX_PACKAGES) {
            throw new NotTakenException(Phrase.of("client-package.too-many").with("most", MAX_PACKAGES));
        }
        if (Files.getFileStore(directory).getUsableSpace() < about.size() + RESERVE_BYTES) {
            throw new NotTakenException(Phrase.of("client-package.no-room")
                    .with("directory", directory.toString())
                    .with("size", about.size()));
        }
        Files.deleteIfExists(part);
        AtomicFile.write(file(about.sha256(), "offer"), signature.text().getBytes(US_ASCII), true);
        return 0;
    }

    /**
     * Takes the next part of a package that was offered. The last one makes it whole, if its content is what the signature
     * says.
     *
     * @return how many bytes of it have arrived
     */
    public synchronized long append(String sha256, long offset, byte[] bytes) throws IOException {
        Path offer = file(sha256, "offer");
        if (!sha256.matches("[0-9a-f]{64}") || !Files.exists(offer)) {
            throw new NotTakenException(Phrase.of("client-package.not-offered").with("package", sha256));
        }
        ReleaseSignature signature = ReleaseSignature.read(offer);
        long size = signature.about().size();
        Path part = file(sha256, "part");
        long received = Files.exists(part) ? Files.size(part) : 0;
        if (offset != received || bytes.length == 0 || received + bytes.length > size) {
            throw new NotTakenException(Phrase.of("client-package.other-part")
                    .with("package", sha256)
                    .with("received", received)
                    .with("size", size)
                    .with("sent", bytes.length)
                    .with("offset", offset));
        }
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            received += bytes.length;
            if (received == size) {
                channel.force(true);
            }
        }
        if (received == size) {
            complete(signature, part, offer);
        }
        return received;
    }

    private void complete(ReleaseSignature signature, Path part, Path offer) throws IOException {
        String sha256 = signature.about().sha256();
        String actual = hash(part);
        if (!actual.equals(sha256)) {
            Files.deleteIfExists(part);
            Files.deleteIfExists(offer);
            throw new NotTakenException(Phrase.of("client-package.other-file")
                    .with("actual", actual)
                    .with("signed", sha256));
        }
        Files.move(part, file(sha256, "package"), StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.write(file(sha256, "sig"), signature.text().getBytes(US_ASCII), true);
        Files.deleteIfExists(offer);
    }

    private static String hash(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            while (channel.read(buffer.clear()) > 0) {
                digest.update(buffer.flip());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Returns whether there was such a package, whole or not. */
    public synchronized boolean remove(String sha256) throws IOException {
        boolean there = false;
        // The signature first: a signature alone, after an interruption, is not listed as a package.
        for (String end : List.of("sig", "offer", "package", "part")) {
            there |= Files.deleteIfExists(file(sha256, end));
        }
        return there;
    }

    /**
     * A part of a package; shorter where it ends.
     *
     * @throws NoSuchFileException where there is no such package any more
     */
    public byte[] read(ReleasePackage about, long offset, int length) throws IOException {
        try (FileChannel channel = FileChannel.open(file(about.sha256(), "package"), StandardOpenOption.READ)) {
            ByteBuffer part = ByteBuffer.allocate(Math.clamp(about.size() - offset, 0, length));
            while (part.hasRemaining()) {
                if (channel.read(part, offset + part.position()) < 0) {
                    throw new IOException("package " + about.sha256() + " is shorter than it was; add it again");
                }
            }
            return part.array();
        }
    }
}
