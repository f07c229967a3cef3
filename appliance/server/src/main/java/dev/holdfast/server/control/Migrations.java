package dev.holdfast.server.control;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The steps that bring a control database up to date, as files {@code V<number>__<name>.sql} in this package. */
final class Migrations {
    static final String LOCATION = "dev/holdfast/server/control/migrations";
    private static final Pattern NAME = Pattern.compile("V(\\d+)__\\w+\\.sql");

    private Migrations() {}

    /**
     * Whether all of this release's steps were applied.
     *
     * @throws IOException where others were, which this release does not know
     */
    static boolean complete(Path file, Set<Integer> applied) throws IOException {
        Set<Integer> known = versions();
        Set<Integer> newer = new TreeSet<>(applied);
        newer.removeAll(known);
        if (!newer.isEmpty()) {
            throw new IOException(
                    "control database " + file + " was written by a newer release: it has schema versions " + newer
                            + ", and this release knows those up to "
                            + known.stream().max(Integer::compare).orElse(0)
                            + ". Run that release, or restore a copy of the data directory from before the upgrade");
        }
        return applied.equals(known);
    }

    /** The numbers of the files, without starting the migration tool. */
    static Set<Integer> versions() throws IOException {
        URL place = Objects.requireNonNull(Migrations.class.getResource("migrations"), LOCATION);
        Set<Integer> found = new TreeSet<>();
        for (String name : names(place)) {
            Matcher matcher = NAME.matcher(name);
            if (matcher.matches()) {
                found.add(Integer.parseInt(matcher.group(1)));
            }
        }
        return found;
    }

    private static List<String> names(URL place) throws IOException {
        if (place.openConnection() instanceof JarURLConnection jar) {
            // The class loader's own handle of the file: it stays open.
            return jar.getJarFile().stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.startsWith(LOCATION + "/"))
                    .map(name -> name.substring(LOCATION.length() + 1))
                    .toList();
        }
        try (Stream<Path> files = Files.list(Path.of(place.toURI()))) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (URISyntaxException e) {
            throw new IOException(place + " is not a place of files", e);
        }
    }
}
