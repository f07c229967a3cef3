package dev.holdfast.control.upgrade;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.audit.AuditFormat;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UpgradeCopies;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.index.IndexRelease;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeIdentity;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.sqlite.Schema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Looks at the formats of everything in a data directory, before a release opens it: what this release reads, what it upgrades,
 * and what a newer release wrote. Changes nothing, takes no lock and needs no key. Of containers and manifests it looks at the
 * newest ones: releases only ever write newer versions.
 */
public final class FormatCheck {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path root;
    private final List<Format> formats = new ArrayList<>();

    private FormatCheck(Path root) {
        this.root = root;
    }

    /**
     * What was found.
     *
     * @param formats of everything there is
     * @param releases that ran an appliance there, the newest last
     * @param copies of the control database from before upgrades, the oldest first
     */
    public record Report(List<Format> formats, List<WrittenBy.Run> releases, List<Copy> copies) {
        public List<Format> all(Format.State state) {
            return formats.stream().filter(each -> each.state() == state).toList();
        }
    }

    /** @throws IOException where the directory is no appliance */
    public static Report look(Path root) throws IOException {
        FormatCheck check = new FormatCheck(root);
        if (!Files.exists(root.resolve("appliance.json"))) {
            // Says how one is made.
            DataDirectory.look(root);
        }
        check.run();
        return new Report(
                List.copyOf(check.formats),
                WrittenBy.read(root),
                new UpgradeCopies(root.resolve(ControlCopies.DIRECTORY), InstantSource.system())
                        .list().stream().map(Copy::of).toList());
    }

    /**
     * For those who are about to open the directory.
     *
     * @throws FormatException where a newer release wrote something there; what to do is said
     */
    public static void require(Path root) throws IOException {
        Report report = look(root);
        List<Format> newer = report.all(Format.State.TOO_NEW);
        if (!newer.isEmpty()) {
            throw FormatException.tooNew(refusal(root, report, newer));
        }
    }

    /** Why this release does not open a directory, and what to do. */
    public static String refusal(Path root, Report report, List<Format> newer) {
        String last = report.releases.isEmpty()
                ? "a newer release"
                : "release " + report.releases.getLast().release() + " (since "
                        + report.releases.getLast().since() + ")";
        String back = report.copies.isEmpty()
                ? "There is no copy from before an upgrade, so this release cannot take over the data"
                : "To go back to the copy " + report.copies.getLast().name() + ", install the newer release"
                        + " again and run: holdfast-appliance upgrade roll-back --dry-run --data " + root
                        + ", which says what the older release would not know";
        return root + " was written by " + last + ": " + newer.getFirst().detail()
                + (newer.size() > 1 ? " (and " + (newer.size() - 1) + " more; see: upgrade check)" : "")
                + ". Nothing was changed. Install that release again. " + back;
    }

    // ---- what there is

    private interface Reading {
        /** Returns the version, for people. */
        String read() throws IOException;
    }

    private void run() throws IOException {
        DataDirectory[] directory = new DataDirectory[1];
        Path settings = root.resolve("appliance.json");
        add("settings", settings, () -> {
            directory[0] = DataDirectory.look(root);
            return version(settings);
        });
        Path keyring = root.resolve("keys/keyring.json");
        add("keyring", keyring, () -> {
            Keyring.read(keyring);
            return version(keyring);
        });
        control();
        journals();
        if (directory[0] != null) {
            for (Volume each : directory[0].volumeList().readable()) {
                volume(each);
            }
        }
        manifests();
        Optional<Path> segment = AuditFormat.newest(root);
        if (segment.isPresent()) {
            add("audit segments", segment.get(), () -> "version " + AuditFormat.version(segment.get()));
        }
        index();
    }

    private void add(String what, Path path, Reading reading) {
        try {
            formats.add(new Format(what, path.toString(), reading.read(), Format.State.READABLE, ""));
        } catch (FormatException e) {
            boolean tooNew = e.problem() == FormatException.Problem.TOO_NEW;
            formats.add(failed(what, path, tooNew ? Format.State.TOO_NEW : Format.State.DAMAGED, e));
        } catch (NoSuchFileException e) {
            formats.add(new Format(what, path.toString(), "", Format.State.MISSING, path + " does not exist"));
        } catch (IOException e) {
            formats.add(failed(what, path, Format.State.DAMAGED, e));
        }
    }

    private static Format failed(String what, Path path, Format.State state, IOException cause) {
        return new Format(what, path.toString(), "", state, String.valueOf(cause.getMessage()));
    }

    private static String version(Path json) throws IOException {
        return "version "
                + JSON.readTree(Files.readAllBytes(json)).path("version").asInt();
    }

    private void control() {
        Path file = root.resolve("control.db");
        database("control database", file, ControlDb.schema(), needsCopy(file));
    }

    private static String needsCopy(Path file) {
        try {
            long needed = UpgradeCopies.bytesFor(file);
            long free = Files.getFileStore(file).getUsableSpace();
            return free < needed
                    ? "its copy before the upgrade needs " + ByteText.of(needed) + ", and only " + ByteText.of(free)
                            + " are free: the upgrade will be refused until there is room"
                    : "it is copied first, which takes up to " + ByteText.of(needed);
        } catch (IOException e) {
            return "it is copied first";
        }
    }

    private void journals() throws IOException {
        Path vault = root.resolve("vault");
        if (!Files.isDirectory(vault)) {
            return;
        }
        try (Stream<Path> files = Files.list(vault)) {
            for (Path each : files.filter(file -> file.toString().endsWith(".db"))
                    .sorted()
                    .toList()) {
                database("vault journal", each, Journal.schema(), "");
                byte[] known = readable(each) ? Journal.rootOf(each) : null;
                if (known != null) {
                    add("root of the vault", each, () -> "version " + Root.version("its newest root,", known));
                }
            }
        }
    }

    private boolean readable(Path file) {
        return formats.stream()
                .filter(each -> each.path().equals(file.toString()))
                .allMatch(each -> each.state() == Format.State.READABLE || each.state() == Format.State.UPGRADED);
    }

    private void database(String what, Path file, Schema schema, String upgrade) {
        if (!Files.exists(file)) {
            formats.add(new Format(what, file.toString(), "", Format.State.MISSING, file + " does not exist"));
            return;
        }
        try {
            int found = schema.require(what + " " + file, file);
            int newest = schema.versions().last();
            formats.add(
                    found == newest
                            ? new Format(what, file.toString(), "schema " + found, Format.State.READABLE, "")
                            : new Format(
                                    what,
                                    file.toString(),
                                    "schema " + found,
                                    Format.State.UPGRADED,
                                    "to schema " + newest + (upgrade.isEmpty() ? "" : "; " + upgrade)));
        } catch (FormatException e) {
            formats.add(failed(what, file, Format.State.TOO_NEW, e));
        } catch (IOException e) {
            formats.add(failed(what, file, Format.State.DAMAGED, e));
        }
    }

    private void volume(Volume volume) {
        Path identity = volume.root().resolve(VolumeIdentity.NAME);
        add("volume " + volume.number(), identity, () -> {
            if (VolumeIdentity.read(volume.root()).isEmpty()) {
                throw new NoSuchFileException(identity.toString());
            }
            return version(identity);
        });
        Path copy = volume.root().resolve("keyring.json");
        if (Files.exists(copy)) {
            add("copy of the keyring on volume " + volume.number(), copy, () -> {
                Keyring.read(copy);
                return version(copy);
            });
        }
        newestContainer(volume.root().resolve("containers")).ifPresent(file -> header("containers", file));
    }

    /** The one with the highest number. */
    private static Optional<Path> newestContainer(Path containers) {
        try (Stream<Path> groups = Files.list(containers)) {
            for (Path group : groups.sorted(Comparator.reverseOrder()).toList()) {
                try (Stream<Path> files = Files.list(group)) {
                    Optional<Path> newest = files.filter(file -> file.toString().endsWith(".hfc"))
                            .max(Comparator.comparing(Path::toString));
                    if (newest.isPresent()) {
                        return newest;
                    }
                }
            }
        } catch (IOException e) {
            // The volume is missing, which is told by its identity.
            return Optional.empty();
        }
        return Optional.empty();
    }

    private void header(String what, Path file) {
        add(what, file, () -> "version " + ContainerHeader.read(file).version());
    }

    private void manifests() throws IOException {
        Path directory = root.resolve("manifests");
        if (!Files.isDirectory(directory)) {
            return;
        }
        Optional<Path> newest;
        try (Stream<Path> files = Files.walk(directory, 2)) {
            newest = files.filter(file -> file.toString().endsWith(".hfs"))
                    .max(Comparator.comparingLong(FormatCheck::modified));
        } catch (UncheckedIOException e) {
            // A file was forgotten at this moment.
            throw e.getCause();
        }
        newest.ifPresent(file -> header("manifests", file));
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            // Forgotten at this moment.
            return 0;
        }
    }

    private void index() throws IOException {
        Path index = root.resolve("index");
        Optional<IndexRelease.Release> written = IndexRelease.of(index);
        if (written.isPresent()) {
            boolean newer = written.get().newerThan(IndexRelease.own());
            formats.add(new Format(
                    "index",
                    index.toString(),
                    "RocksDB " + written.get(),
                    newer ? Format.State.DERIVED : Format.State.READABLE,
                    newer
                            ? "this release has RocksDB " + IndexRelease.own()
                                    + "; if the index does not open, run: rebuild-index"
                            : ""));
        }
    }
}
