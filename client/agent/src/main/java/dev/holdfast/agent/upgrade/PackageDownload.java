package dev.holdfast.agent.upgrade;

import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseRefusedException;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** Fetches a package from the appliance, part by part, and resumes where an earlier attempt ended. */
public final class PackageDownload {
    /** Left free on the file system, for backups. */
    private static final long RESERVE_BYTES = 16L << 20;

    private final UpgradeFiles files;
    private final long task;
    private final ReleasePackage about;

    public PackageDownload(UpgradeFiles files, long task, ReleasePackage about) {
        this.files = files;
        this.task = task;
        this.about = about;
    }

    /**
     * Fetches what is missing, and verifies the whole file.
     *
     * @param progress told of the bytes that are there
     * @return the file
     * @throws ReleaseRefusedException where what arrived is not what was signed; nothing of it is kept
     */
    public Path run(Connection connection, LongConsumer progress) throws IOException {
        Path part = files.part(about.sha256());
        try (FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (out.size() > about.size()) {
                out.truncate(0);
            }
            long missing = about.size() - out.size();
            if (Files.getFileStore(part).getUsableSpace() < missing + RESERVE_BYTES) {
                throw new PhrasedException(Phrase.of("client.package-room")
                        .with("file", part.toString())
                        .with("missing", missing));
            }
            Digest sha256 = Digest.fromBytes(HexFormat.of().parseHex(about.sha256()));
            for (long at = out.size(); at < about.size(); ) {
                progress.accept(at);
                int wanted = (int) Math.min(Message.FetchPackage.MAX_BYTES, about.size() - at);
                byte[] bytes = connection
                        .request(new Message.FetchPackage(task, sha256, at, wanted), Message.PackagePart.class)
                        .bytes();
                if (bytes.length != wanted) {
                    throw FormatException.corrupt(
                            "the appliance sent " + bytes.length + " bytes of a package rather than " + wanted);
                }
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    at += out.write(buffer, at);
                }
            }
            out.force(true);
        }
        try {
            PackageContent.verify(part, about);
        } catch (ReleaseRefusedException e) {
            Files.deleteIfExists(part);
            throw e;
        }
        return part;
    }
}
