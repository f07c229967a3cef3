package dev.holdfast.control.audit;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.holdfast.control.db.AuditTable;
import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A range of the audit log in a file of its own, {@code DATA/audit/<first>-<last, 16 hexadecimal digits each>.hfa}.
 *
 * <pre>
 *  0  8  magic "HFAUDT\r\n"
 *  8  2  version, 1
 * 10  2  length of the signature
 * 12  4  length of the header
 * 16     header, JSON: the components of {@link Header}
 *        signature of everything before, SHA-256 with ECDSA, DER, by the appliance's authority
 *        to the end: a Zstandard frame of JSON objects, one a line, the components of {@link AuditTable.Entry}
 * </pre>
 */
final class AuditSegment {
    private static final long MAGIC = 0x48464155_44540D0AL;
    private static final int VERSION = 1;
    private static final int FIXED_BYTES = 16;
    private static final int LEVEL = 6;
    /** Most entries of one file. */
    static final int MAX_ENTRIES = 50_000;
    /** What the texts of one file come to at least where more entries follow; it is held in memory twice. */
    static final long MAX_TEXT_CHARS = 8_000_000;
    /** A file that is larger is not one of ours: entries are bounded in number and length. */
    private static final long MAX_FILE_BYTES = 1L << 30;
    /** Of one line: four texts of at most {@value AuditTable#MAX_FIELD_CHARS} characters, escaped, and numbers. */
    private static final int MAX_LINE_CHARS = 1 << 18;

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

    private AuditSegment() {}

    /**
     * What a segment says of itself.
     *
     * @param first number of its first entry
     * @param last number of its last entry
     * @param previous hash of the entry before the first; empty where there is none or it has none
     * @param hash of its last entry
     * @param entries how many it has
     * @param bytes of the compressed content
     * @param sha256 of the compressed content, in hexadecimal
     */
    record Header(
            @JsonProperty(required = true) long first,
            @JsonProperty(required = true) long last,
            @JsonProperty(required = true) String previous,
            @JsonProperty(required = true) String hash,
            @JsonProperty(required = true) int entries,
            @JsonProperty(required = true) long bytes,
            @JsonProperty(required = true) String sha256) {
        AuditTable.Segment row() {
            return new AuditTable.Segment(first, last, previous, hash);
        }
    }

    /** A segment that was read whole: signature and content fit. */
    record Read(Header header, List<AuditTable.Entry> entries) {}

    static Path file(Path directory, long first, long last) {
        return directory.resolve(String.format("%016x-%016x.hfa", first, last));
    }

    /** All files of the log in a directory, the oldest entries first. */
    static List<Path> files(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("[0-9a-f]{16}-[0-9a-f]{16}\\.hfa"))
                    .sorted()
                    .toList();
        }
    }

    /** The first and last entry that a file's name claims. */
    static long[] range(Path file) {
        String name = file.getFileName().toString();
        return new long[] {
            Long.parseUnsignedLong(name.substring(0, 16), 16), Long.parseUnsignedLong(name.substring(17, 33), 16)
        };
    }

    /**
     * Writes a segment; when it returns the file is on stable storage and was read again.
     *
     * @param previous hash of the entry before the first
     */
    static Header write(
            Path directory,
            String previous,
            List<AuditTable.Entry> entries,
            AuditHead.Signer signer,
            X509Certificate authority)
            throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (OutputStream out = new ZstdOutputStream(content, LEVEL)) {
            for (AuditTable.Entry each : entries) {
                out.write(JSON.writeValueAsBytes(each));
                out.write('\n');
            }
        }
        byte[] packed = content.toByteArray();
        Header header = new Header(
                entries.getFirst().id(),
                entries.getLast().id(),
                previous,
                entries.getLast().hash(),
                entries.size(),
                packed.length,
                sha256(packed));
        byte[] json = JSON.writeValueAsBytes(header);
        // The length of a signature in DER varies by some bytes and is signed too: sign until it is as announced.
        byte[] signed;
        byte[] signature;
        int announced = 71;
        do {
            signed = new ByteWriter(json.length + FIXED_BYTES)
                    .u64(MAGIC)
                    .u16(VERSION)
                    .u16(announced)
                    .u32(json.length)
                    .raw(json)
                    .toByteArray();
            signature = signer.sign(signed);
        } while (signature.length != announced);
        Path file = file(directory, header.first, header.last);
        byte[] all = new ByteWriter(signed.length + signature.length + packed.length)
                .raw(signed)
                .raw(signature)
                .raw(packed)
                .toByteArray();
        AtomicFile.write(file, all, true);
        Read again = read(file, authority);
        if (!again.entries.equals(entries)) {
            throw new IOException(file + " does not hold what was written; nothing was removed from the audit log");
        }
        return header;
    }

    /**
     * Reads the version of a segment.
     *
     * @throws FormatException where this release does not read it
     */
    static int version(Path file) throws IOException {
        String name = "audit segment " + file.getFileName();
        byte[] bytes;
        try (InputStream stream = Files.newInputStream(file)) {
            bytes = stream.readNBytes(Long.BYTES + Short.BYTES);
        }
        if (bytes.length < Long.BYTES + Short.BYTES) {
            throw FormatException.corrupt(name + " is truncated to " + bytes.length + " bytes");
        }
        ByteReader in = new ByteReader(bytes);
        if (in.u64() != MAGIC) {
            throw FormatException.corrupt(name + " is not a segment of an audit log");
        }
        int version = in.u16();
        FormatException.requireVersion(name, version, VERSION);
        return version;
    }

    /**
     * Reads a segment.
     *
     * @throws FormatException telling apart what is truncated, newer, forged, damaged and renamed
     */
    static Read read(Path file, X509Certificate authority) throws IOException {
        String name = "audit segment " + file.getFileName();
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw FormatException.corrupt(name + " is larger than " + MAX_FILE_BYTES + " bytes");
        }
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length < FIXED_BYTES) {
            throw FormatException.corrupt(name + " is truncated to " + bytes.length + " bytes");
        }
        ByteReader in = new ByteReader(bytes);
        if (in.u64() != MAGIC) {
            throw FormatException.corrupt(name + " is not a segment of an audit log");
        }
        FormatException.requireVersion(name, in.u16(), VERSION);
        int signatureBytes = in.u16();
        long headerBytes = in.u32();
        if (headerBytes + signatureBytes > in.remaining()) {
            throw FormatException.corrupt(name + " is truncated to " + bytes.length + " bytes");
        }
        byte[] json = in.raw((int) headerBytes);
        byte[] signature = in.raw(signatureBytes);
        if (!AuditHead.verify(Arrays.copyOf(bytes, FIXED_BYTES + json.length), signature, authority)) {
            throw FormatException.corrupt(
                    name + " is not signed by this appliance's authority, or its header is damaged");
        }
        Header header;
        try {
            header = JSON.readValue(json, Header.class);
        } catch (JacksonException e) {
            throw FormatException.corrupt(name + " is signed but not understood: " + e.getOriginalMessage());
        }
        byte[] packed = in.raw(in.remaining());
        if (packed.length != header.bytes || !sha256(packed).equals(header.sha256)) {
            throw FormatException.corrupt(name + " is damaged: its content is not what was signed");
        }
        if (!file.getFileName().equals(file(file, header.first, header.last).getFileName())) {
            throw FormatException.corrupt(name + " has the entries " + header.first + " to " + header.last
                    + " and the name of others: somebody renamed it");
        }
        return new Read(header, entries(name, header, packed));
    }

    private static List<AuditTable.Entry> entries(String name, Header header, byte[] packed) throws IOException {
        List<AuditTable.Entry> entries = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new ZstdInputStream(new ByteArrayInputStream(packed)), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.length() > MAX_LINE_CHARS || entries.size() >= MAX_ENTRIES) {
                    throw FormatException.corrupt(name + " has more than an audit segment may");
                }
                entries.add(JSON.readValue(line, AuditTable.Entry.class));
            }
        } catch (JacksonException e) {
            throw FormatException.corrupt(name + " is signed but not understood: " + e.getOriginalMessage());
        }
        if (entries.size() != header.entries) {
            throw FormatException.corrupt(
                    name + " has " + entries.size() + " entries and claims to have " + header.entries);
        }
        return entries;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
