package dev.holdfast.protocol.support;

import dev.holdfast.protocol.cli.BundleOptions;
import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A support bundle: a ZIP file of texts for support, and a manifest with their hashes. Used by one thread. */
public final class Bundle {
    static final String MANIFEST = "MANIFEST.sha256";
    public static final int MOST_PART_BYTES = 8 << 20;
    public static final int MOST_BYTES = 64 << 20;

    private final Masking masking;
    private final List<Part> parts = new ArrayList<>();

    /** Reads what goes into a part. */
    @FunctionalInterface
    public interface Source {
        String read() throws Exception;
    }

    /**
     * Something in a bundle.
     *
     * @param name of the file in it
     * @param what it tells, for people
     * @param log whether it quotes what programs said, so that more is masked
     */
    public record Part(String name, String what, boolean log, Source source) {}

    /** What was written: the files, and how large the bundle is. */
    public record Written(String file, long bytes, List<Listed> parts) {}

    /**
     * A file in a bundle.
     *
     * @param note why it is not whole; empty where it is
     */
    public record Listed(String name, String what, long bytes, String note) {}

    public Bundle(Masking masking) {
        this.masking = masking;
    }

    /** Adds a part, which is read when the bundle is written, and masked. */
    public Bundle add(String name, String what, Source source) {
        parts.add(new Part(name, what, false, source));
        return this;
    }

    /** As {@link #add}, for a log or whatever else quotes what programs said: names of files may be anywhere in it. */
    public Bundle addLog(String name, String what, Source source) {
        parts.add(new Part(name, what, true, source));
        return this;
    }

    /** What would be written. */
    public List<Listed> list() {
        return parts.stream()
                .map(each -> new Listed(each.name, each.what, 0, ""))
                .toList();
    }

    /** Prints a value as JSON. */
    @FunctionalInterface
    public interface Json {
        void print(Object value) throws IOException;
    }

    /**
     * Lists or writes it, as a command's options say, and prints what is in it.
     *
     * @param noted told of a bundle that was written, before anything is printed
     */
    public void finish(BundleOptions options, Path output, PrintWriter out, Json json, Consumer<Written> noted)
            throws IOException {
        if (options.dryRun()) {
            if (options.json()) {
                json.print(list());
            } else {
                print(out, list());
            }
            return;
        }
        Written written = write(output);
        noted.accept(written);
        if (options.json()) {
            json.print(written);
        } else {
            print(out, written.parts());
            out.println(written.file() + ": " + ByteText.of(written.bytes()));
        }
    }

    private static void print(PrintWriter out, List<Listed> parts) {
        for (Listed each : parts) {
            out.printf("%-24s %s%s%n", each.name(), each.what(), each.note().isEmpty() ? "" : "; " + each.note());
        }
    }

    /**
     * Writes it, to a file that does not exist yet and that only its owner can read.
     *
     * @throws FileAlreadyExistsException where there is a file
     */
    public Written write(Path file) throws IOException {
        Path draft = Files.createTempFile(
                file.toAbsolutePath().getParent(),
                ".holdfast-support-",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            List<Listed> written;
            try (OutputStream out = Files.newOutputStream(draft, StandardOpenOption.WRITE)) {
                written = write(out);
            }
            if (Files.exists(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            return new Written(file.toString(), Files.size(file), written);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Writes it, and closes the output. */
    public List<Listed> write(OutputStream out) throws IOException {
        List<Listed> written = new ArrayList<>();
        StringBuilder manifest = new StringBuilder();
        long left = MOST_BYTES;
        try (ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
            for (Part each : parts) {
                String note = "";
                byte[] content;
                try {
                    String text = each.source.read();
                    content = (each.log ? masking.log(text) : masking.text(text)).getBytes(StandardCharsets.UTF_8);
                } catch (Exception e) {
                    if (e instanceof InterruptedException) {
                        Thread.currentThread().interrupt();
                    }
                    note = masking.line("not available: " + e.getMessage());
                    content = (note + "\n").getBytes(StandardCharsets.UTF_8);
                }
                int most = (int) Math.min(MOST_PART_BYTES, left);
                if (content.length > most) {
                    // The end of a log is what happened last.
                    note = "only the last " + most + " of " + content.length + " bytes";
                    content = Arrays.copyOfRange(content, content.length - most, content.length);
                }
                left -= content.length;
                put(zip, each.name, content);
                manifest.append(hash(content)).append("  ").append(each.name).append('\n');
                written.add(new Listed(each.name, each.what, content.length, note));
            }
            put(zip, MANIFEST, manifest.toString().getBytes(StandardCharsets.UTF_8));
        }
        return written;
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(content);
        zip.closeEntry();
    }

    private static String hash(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
