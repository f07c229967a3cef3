package dev.holdfast.vault.file;

import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/** Files that are written under temporary names and get their own once they are whole and on stable storage. */
final class Drafts {
    private final Path directory;
    private final ObjectMetas metas;

    /** @param directory must be there, on the file system of the objects */
    Drafts(Path directory, ObjectMetas metas) {
        this.directory = directory;
        this.metas = metas;
    }

    /** Removes drafts that a crash left behind. Younger ones may be another machine's, at work. */
    void removeOld() throws IOException {
        Instant before = Instant.now().minus(Duration.ofDays(1));
        try (DirectoryStream<Path> drafts = Files.newDirectoryStream(directory)) {
            for (Path draft : drafts) {
                if (Files.getLastModifiedTime(draft).toInstant().isBefore(before)) {
                    Files.deleteIfExists(draft);
                }
            }
        }
    }

    /** A name for a new draft. */
    Path create() {
        return directory.resolve(UUID.randomUUID().toString());
    }

    /**
     * Writes a draft, to stable storage.
     *
     * @return its CRC-64
     */
    static long write(Path file, InputStream in, long length) throws IOException {
        Crc64 crc = new Crc64();
        try (FileChannel out =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                crc.update(buffer, 0, count);
                for (ByteBuffer left = ByteBuffer.wrap(buffer, 0, count); left.hasRemaining(); ) {
                    out.write(left);
                }
            }
            if (crc.bytes() != length) {
                throw new IOException("the source gave " + crc.bytes() + " bytes instead of " + length);
            }
            out.force(true);
        }
        return crc.value();
    }

    /** Gives a finished file its name; its meta data first, so that it is never seen with those of another. */
    void publish(Path draft, Path target, String key, boolean ifAbsent, ObjectMetas.Meta meta) throws IOException {
        try {
            if (ifAbsent && Files.exists(target)) {
                throw new FileAlreadyExistsException(target.toString());
            }
            Path directory = Objects.requireNonNull(target.getParent());
            AtomicFile.createDirectory(directory);
            if (!ifAbsent || !meta.equals(ObjectMetas.PLAIN)) {
                metas.write(key, meta);
            }
            if (ifAbsent) {
                linkOrMove(draft, target);
            } else {
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            }
            AtomicFile.syncDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            throw new ObjectStoreException(Kind.EXISTS, "there is an object " + key + " already", e);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /**
     * A link is made only where nothing is: atomic even among machines. File systems without links get the next best.
     */
    private static void linkOrMove(Path draft, Path target) throws IOException {
        try {
            Files.createLink(target, draft);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.move(draft, target);
        }
    }
}
