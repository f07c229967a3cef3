package dev.holdfast.agent.upgrade;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.release.ReleaseSignature;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The directory {@code upgrade} of the state directory, by which the service and the installer hand an upgrade to each other;
 * docs/format.md has its files. Whoever creates {@code decision} first decides: the new version, which has reached the
 * appliance, or the installer, which waited for it in vain.
 */
public final class UpgradeFiles {
    /**
     * The installer ends sooner: its unit limits each run, and its script how often an interrupted step is repeated. A service
     * that waits for longer has no installer.
     */
    public static final Duration LONGEST = Duration.ofHours(4);

    private static final int MAX_TEXT_BYTES = 4096;

    private final Path directory;

    public UpgradeFiles(Path state) {
        this.directory = state.resolve("upgrade");
    }

    /** An upgrade that was handed to the installer, and whose end the appliance does not know yet. */
    public record Pending(long task, String version, String from) {}

    private Path file(String name) {
        return directory.resolve(name);
    }

    /** Where the package arrives; parts of other packages are deleted. */
    Path part(String sha256) throws IOException {
        Identity.createDirectory(directory);
        Path wanted = file(sha256 + ".part");
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(directory, "*.part")) {
            for (Path each : parts) {
                if (!each.equals(wanted)) {
                    Files.delete(each);
                }
            }
        }
        return wanted;
    }

    /**
     * Hands a package to the installer, which begins when {@code ready} exists.
     *
     * @throws IOException also where the installer has an earlier package and has not ended: it would mix both up
     */
    public void handOver(Pending pending, ReleaseSignature signature, Path part) throws IOException {
        if (Files.exists(file("begun"))) {
            throw new PhrasedException(Phrase.of("client.installer-busy"));
        }
        for (String each : new String[] {"ready", "decision", "outcome"}) {
            Files.deleteIfExists(file(each));
        }
        Files.move(part, file("package"), StandardCopyOption.ATOMIC_MOVE);
        write("package.sig", signature.text().getBytes(US_ASCII));
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("task", pending.task);
        values.put("version", pending.version);
        values.put("from", pending.from);
        write("order", FlatJson.write(values, true).getBytes(UTF_8));
        write("ready", new byte[0]);
    }

    private void write(String name, byte[] content) throws IOException {
        Path temporary = file(name + ".tmp");
        Files.deleteIfExists(temporary);
        try (FileChannel channel =
                FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(content));
            channel.force(true);
        }
        Files.move(temporary, file(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The upgrade that this directory is about; empty where there is none. */
    public Optional<Pending> pending() throws IOException {
        Optional<String> text = text("order");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            Map<String, String> values = FlatJson.read(text.get().getBytes(UTF_8));
            return Optional.of(new Pending(
                    Long.parseLong(values.getOrDefault("task", "")),
                    values.getOrDefault("version", ""),
                    values.getOrDefault("from", "")));
        } catch (IOException | NumberFormatException e) {
            throw new IOException(file("order") + " is damaged; delete it", e);
        }
    }

    private Optional<String> text(String name) throws IOException {
        try (InputStream in = Files.newInputStream(file(name))) {
            return Optional.of(new String(in.readNBytes(MAX_TEXT_BYTES), UTF_8).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Why the previous version is installed again; empty where it is not, or not yet. */
    public Optional<String> failure() throws IOException {
        return text("outcome");
    }

    /** Decides that the new version stays. Returns false where the installer has given it up before. */
    public boolean confirm() throws IOException {
        return decide("new");
    }

    /** Decides that the new version is not wanted any more, unless it has confirmed itself. */
    public void giveUp() throws IOException {
        decide("previous");
    }

    /** Returns whether this is the decision. The file appears with its content, and is never replaced. */
    private boolean decide(String decision) throws IOException {
        Path own = file("decision.service");
        write(own.getFileName().toString(), (decision + "\n").getBytes(US_ASCII));
        try {
            Files.createLink(file("decision"), own);
            return true;
        } catch (FileAlreadyExistsException e) {
            return text("decision").orElse("").equals(decision);
        } finally {
            Files.deleteIfExists(own);
        }
    }

    /** Takes the package back. Returns false where the installer has begun. */
    public boolean withdraw() throws IOException {
        return Files.deleteIfExists(file("ready"));
    }

    public boolean isWaiting() {
        return Files.exists(file("ready"));
    }

    /** The appliance knows the end. The decision stays for the installer. */
    public void forget() throws IOException {
        for (String each : new String[] {"order", "outcome", "package", "package.sig"}) {
            Files.deleteIfExists(file(each));
        }
    }
}
