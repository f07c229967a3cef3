package dev.holdfast.hardware.part;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The file by which the collector, which runs as root, tells the appliance, which does not. JSON:
 *
 * <pre>
 * { "version": 2, "at": "2026-11-27T21:00:00Z",
 *   "sources": [ { "name": "ipmitool sdr", "unread": "" } ],
 *   "parts": [ { "kind": "power-supply", "name": "PS1 Status", "state": "ok", "detail": "Presence detected",
 *                "sources": [ "ipmitool sdr" ] } ],
 *   "unlisted": [ { "kind": "fan", "name": "Fan 3", "as": "", "why": "No Reading" } ] }
 * </pre>
 *
 * Version 1 has neither sources nor what is unlisted.
 */
public final class ReportFile {
    public static final int VERSION = 2;
    private static final int MOST_BYTES = 1 << 20;
    private static final String COLLECT =
            "'holdfast appliance hardware collect' (as root), or holdfast-hardware.timer,";
    private static final ObjectMapper JSON = new ObjectMapper();

    private ReportFile() {}

    /** Replaces the file; others may read it. */
    public static void write(Path file, HardwareReport report) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path part = absolute.resolveSibling(absolute.getFileName() + ".part");
        // A symbolic link of this name is removed, and never followed.
        Files.deleteIfExists(part);
        Files.createFile(part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
        try {
            Files.write(part, encode(report), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(part, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** What the file says of now; a missing, old or damaged one says that nothing is known, and why. */
    public static HardwareReport read(Path file, Instant now) {
        HardwareReport report;
        try (InputStream in = Files.newInputStream(file)) {
            report = decode(in.readNBytes(MOST_BYTES + 1));
        } catch (NoSuchFileException e) {
            return HardwareReport.unknown(now, "no report in " + file + "; " + COLLECT + " makes it");
        } catch (IOException e) {
            return HardwareReport.unknown(now, file + " cannot be read: " + e.getMessage());
        }
        Duration age = Duration.between(report.at(), now);
        if (age.abs().compareTo(HardwareReport.FRESH) > 0) {
            return HardwareReport.unknown(
                    now, "the report in " + file + " is of " + report.at() + "; " + COLLECT + " must renew it");
        }
        return report;
    }

    static byte[] encode(HardwareReport report) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", VERSION);
        root.put("at", report.at().toString());
        ArrayNode sources = root.putArray("sources");
        for (Source each : report.sources()) {
            sources.addObject().put("name", each.name()).put("unread", each.unread());
        }
        ArrayNode parts = root.putArray("parts");
        for (Part each : report.parts()) {
            ArrayNode of = parts.addObject()
                    .put("kind", each.kind().text())
                    .put("name", each.name())
                    .put("state", each.state().text())
                    .put("detail", each.detail())
                    .putArray("sources");
            each.sources().forEach(of::add);
        }
        ArrayNode unlisted = root.putArray("unlisted");
        for (Unlisted each : report.unlisted()) {
            unlisted.addObject()
                    .put("kind", each.kind().text())
                    .put("name", each.name())
                    .put("as", each.as())
                    .put("why", each.why());
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    /** @throws FormatException where it is no report that this release can read */
    public static HardwareReport decode(byte[] bytes) throws FormatException {
        if (bytes.length > MOST_BYTES) {
            throw FormatException.corrupt("a hardware report has more than " + MOST_BYTES + " bytes");
        }
        JsonNode root;
        try {
            root = JSON.readTree(bytes);
        } catch (IOException e) {
            throw FormatException.corrupt("a hardware report is no JSON");
        }
        FormatException.requireVersion(
                "the hardware report", root.path("version").asInt(), VERSION);
        try {
            Instant at = Instant.parse(root.path("at").asText());
            return new HardwareReport(at, parts(root), sources(root), unlisted(root));
        } catch (DateTimeException e) {
            throw FormatException.corrupt("a hardware report has no time");
        }
    }

    private static List<Part> parts(JsonNode root) throws FormatException {
        List<Part> parts = new ArrayList<>();
        for (JsonNode each : root.path("parts")) {
            List<String> sources = new ArrayList<>();
            each.path("sources").forEach(source -> sources.add(source.asText()));
            parts.add(new Part(
                    kind(each.path("kind").asText()),
                    each.path("name").asText(),
                    state(each.path("state").asText()),
                    each.path("detail").asText(),
                    sources));
        }
        return parts;
    }

    private static List<Source> sources(JsonNode root) {
        List<Source> sources = new ArrayList<>();
        for (JsonNode each : root.path("sources")) {
            sources.add(
                    new Source(each.path("name").asText(), each.path("unread").asText()));
        }
        return sources;
    }

    private static List<Unlisted> unlisted(JsonNode root) throws FormatException {
        List<Unlisted> unlisted = new ArrayList<>();
        for (JsonNode each : root.path("unlisted")) {
            unlisted.add(new Unlisted(
                    kind(each.path("kind").asText()),
                    each.path("name").asText(),
                    each.path("as").asText(),
                    each.path("why").asText()));
        }
        return unlisted;
    }

    private static PartKind kind(String text) throws FormatException {
        return Arrays.stream(PartKind.values())
                .filter(each -> each.text().equals(text))
                .findFirst()
                .orElseThrow(() -> FormatException.corrupt("a hardware report has an unknown kind of part"));
    }

    private static PartState state(String text) throws FormatException {
        return Arrays.stream(PartState.values())
                .filter(each -> each.text().equals(text))
                .findFirst()
                .orElseThrow(() -> FormatException.corrupt("a hardware report has an unknown state of a part"));
    }
}
