package dev.holdfast.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Restores one tree of hard cases to real file systems on loop devices, and to targets that fill up, are read-only or vanish;
 * compares what is there with the original, and what is missing with what the restore listed. Prints a table in Markdown.
 * Ends with 1 if anything was lost that the restore did not list. Needs root, and the tools of the file systems; one that
 * this machine cannot mount has a row that says why.
 */
final class RestoreMatrix {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FILES_BEFORE_STRIKE = 10;
    private static final String ONLY_LEFT = ": only on the left";

    /** A kind of difference, the lines of the comparison that show it, and what the restore's list has for it. */
    private record Kind(String name, Pattern difference, Pattern listed) {
        Kind(String name, String difference, String listed) {
            this(name, Pattern.compile(difference), Pattern.compile(listed));
        }
    }

    private static final List<Kind> KINDS = List.of(
            new Kind("content", ": (size: |content )", "(?!)"),
            new Kind("mode", ": mode: ", "\\bmode: "),
            new Kind("owner", ": owner: ", "\\bowner: "),
            new Kind("times", ": mtime: ", "modification time: "),
            new Kind("attributes, ACLs", ": extended attributes", "\\battribute"),
            new Kind("hard links", ": hard link to ", "hard link"),
            new Kind("holes", ": (data|a hole) begins at ", "holes: "));

    private final Rig rig;
    private final Path work;
    private final Path source;
    private final MatrixMounts mounts;
    private final MatrixNames names;
    private Path state = Path.of("");
    private boolean silent;

    private RestoreMatrix(Path work, Rig rig) {
        this.work = work;
        this.rig = rig;
        this.source = work.resolve("source");
        this.mounts = new MatrixMounts(work);
        this.names = new MatrixNames(source, work);
    }

    public static void main(String[] args) throws Exception {
        Path work = Path.of(args[0]).toAbsolutePath();
        Path old = work.resolve("rig");
        if (Files.exists(old)) {
            // A rig's appliance has another address each time.
            new ProcessBuilder("rm", "-rf", old.toString()).start().waitFor();
        }
        boolean silent;
        try (Rig rig = new Rig(work.resolve("rig"), List.of())) {
            RestoreMatrix matrix = new RestoreMatrix(work, rig);
            matrix.run(args.length > 1 ? args[1] : "");
            silent = matrix.silent;
        }
        if (silent) {
            System.exit(1);
        }
    }

    private void run(String only) throws Exception {
        makeSource();
        state = rig.enrol("matrix");
        rig.run("--state", state.toString(), "backup", "--quiet", source.toString());
        String header = "| target | entries | "
                + String.join(" | ", KINDS.stream().map(Kind::name).toList()) + " | again |";
        System.out.println(header);
        System.out.println(header.replaceAll("[^|]+", "---"));
        for (MatrixTargets.Target target : MatrixTargets.WHOLE) {
            if (target.name().contains(only)) {
                System.out.println("| " + target.name() + " | "
                        + String.join(" | ", mounts.row(target.name(), target.setup(), this::kept)) + " |");
            }
        }
        System.out.println();
        System.out.println("| failing target | ends with | says | under their names | after the remedy |");
        System.out.println("|---|---|---|---|---|");
        for (MatrixTargets.Failure failure : MatrixTargets.FAILING) {
            if (failure.name().contains(only)) {
                System.out.println("| " + failure.name() + " | "
                        + String.join(
                                " | ", mounts.row(failure.name(), failure.setup(), trial -> survived(failure, trial)))
                        + " |");
            }
        }
    }

    private void makeSource() throws Exception {
        if (Files.exists(source)) {
            return;
        }
        Files.createDirectories(source);
        Shell.must("cd " + source + """
                ; umask 022
                mkdir names Docs docs attributes many
                echo in >Docs/in; echo in >docs/in; echo other >docs/other
                cd names
                echo upper >README.bin; echo lower >readme.bin
                echo composed >$'\\u00e9'; echo decomposed >$'e\\u0301'
                echo dot >dot.; echo plain >dot; echo colon >a:b; echo raw >$'\\xff\\xfe'
                echo long >$(printf 'n%.0s' $(seq 255))
                cd ../attributes
                for t in 1900-01-01 1969-12-31T23:59:59.5 1970-01-01 2039-01-01T00:00:01.000000001 2200-01-01 2500-01-01
                do echo $t >time-$t; touch -d $t time-$t; done
                echo secret >mode; chmod 4710 mode
                echo other >owner; chown 1234:5678 owner
                echo x >xattr; setfattr -n user.note -v value xattr; setfattr -n trusted.note -v value xattr
                mkdir acl; setfacl -m u:1234:rwx,d:u:1234:rwx acl; echo x >acl/in
                echo a >link-a; ln link-a link-b; ln -s link-a symlink; mkfifo fifo; mknod null c 1 3
                truncate -s 20M sparse; echo middle | dd of=sparse bs=1 seek=9000000 conv=notrunc 2>/dev/null
                touch empty
                cd ../many
                for i in $(seq 400); do head -c $((i * 37)) /dev/urandom >f$i; done
                head -c 50000000 /dev/urandom >large
                """, "making the source");
    }

    private Process restore(Path target) throws IOException {
        return new ProcessBuilder(
                        Rig.launcher(),
                        "--state",
                        state.toString(),
                        "restore",
                        "latest:" + source,
                        "--target",
                        target.toString(),
                        "--json")
                .start();
    }

    private List<String> compare(Path expected, Path target) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Rig.launcher(),
                        "compare",
                        expected.toString(),
                        target.resolve("source").toString())
                .start();
        Shell.Result result = Shell.finish(process, "compare");
        List<String> lines = new ArrayList<>(result.out().lines().toList());
        if (result.code() > 1) {
            return List.of("cannot be compared: " + result.err().strip());
        }
        lines.removeLast();
        return lines;
    }

    private List<String> kept(MatrixMounts.Trial trial) throws Exception {
        String slug = trial.slug();
        Path into = trial.into();
        Shell.Result result = Shell.finish(restore(into), "restore");
        Files.writeString(work.resolve(slug + ".restore"), result.err() + result.out());
        MatrixNames.Renamed renamed = names.expected(slug, result);
        List<String> differences = compare(renamed.expected(), into);
        Files.write(work.resolve(slug + ".differences"), differences);
        List<String> cells = new ArrayList<>();
        cells.add(entries(differences, result, renamed));
        Map<Kind, Long> found = new LinkedHashMap<>();
        for (Kind kind : KINDS) {
            long count = differences.stream()
                    .filter(line -> kind.difference.matcher(line).find())
                    .count();
            found.put(kind, count);
            boolean listed = kind.listed.matcher(result.err() + result.out()).find();
            boolean hidden = kind.name.equals("holes") && sparse(into.resolve("source/attributes/sparse"));
            cells.add(
                    count == 0
                            ? "kept"
                            : hidden
                                    ? "kept, not shown by the driver"
                                    : listed ? "listed: " + count : wrong("SILENT: " + count));
        }
        long of = differences.stream()
                .filter(line -> KINDS.stream()
                        .noneMatch(kind -> kind.difference.matcher(line).find()))
                .filter(line -> !line.endsWith(ONLY_LEFT))
                .count();
        if (of > 0) {
            cells.set(0, cells.getFirst() + "; " + wrong("UNKNOWN: " + of + " differences"));
        }
        Shell.Result second = Shell.finish(restore(into), "restore");
        Files.writeString(work.resolve(slug + ".again"), second.err() + second.out());
        JsonNode again = JSON.readTree(second.out());
        long written = again.path("files").asLong();
        // A copy in place of a hard link is made again each time.
        boolean copies = written > 0 && written <= found.get(KINDS.get(5));
        // A time that cannot be set is another one each time.
        List<String> then = compare(renamed.expected(), into);
        Files.write(work.resolve(slug + ".differences-again"), then);
        boolean same = timeless(then).equals(timeless(differences));
        cells.add(
                !same || written > 0 && !copies
                        ? wrong("CHANGED: " + written + " files")
                        : copies ? "copies of hard links written again: " + written : "nothing to do");
        return cells;
    }

    private static List<String> timeless(List<String> lines) {
        return lines.stream()
                .map(line -> line.replaceAll(": mtime: .*", ": mtime"))
                .toList();
    }

    private boolean sparse(Path file) throws IOException, InterruptedException {
        return Shell.run("[ $(( $(stat -c '%b*%B*2' " + file + ") )) -lt $(stat -c %s " + file + ") ]", "stat")
                        .code()
                == 0;
    }

    private String wrong(String what) {
        silent = true;
        return "**" + what + "**";
    }

    /** Every entry that is not there must be named; what is under another name was compared under that. */
    private String entries(List<String> differences, Shell.Result result, MatrixNames.Renamed renamed) {
        List<String> missing = differences.stream()
                .filter(line -> line.endsWith(ONLY_LEFT))
                .map(line -> line.substring(0, line.length() - ONLY_LEFT.length()))
                .toList();
        long untold = missing.stream()
                .filter(path -> !result.err().contains("warning: /source" + path + ": "))
                .count();
        List<String> words = new ArrayList<>();
        if (renamed.kept() > 0) {
            words.add(renamed.kept() + " under other names, listed");
        }
        if (renamed.spelling()) {
            words.add("spelled otherwise, listed");
        }
        if (missing.size() > untold) {
            words.add(missing.size() - untold + " refused, listed");
        }
        if (untold > 0) {
            words.add(wrong("SILENT: " + untold + " missing"));
        }
        return words.isEmpty() ? "all" : String.join("; ", words);
    }

    /** Whether each kind of difference is one that the restore listed. */
    private String listed(List<String> differences, Shell.Result result) {
        List<String> silentKinds = KINDS.stream()
                .filter(kind -> differences.stream()
                        .anyMatch(line -> kind.difference.matcher(line).find()))
                .filter(kind ->
                        !kind.listed.matcher(result.err() + result.out()).find())
                .map(Kind::name)
                .toList();
        return silentKinds.isEmpty()
                ? "what the target cannot store is listed"
                : wrong("SILENT: " + String.join(", ", silentKinds));
    }

    private List<String> survived(MatrixTargets.Failure failure, MatrixMounts.Trial trial) throws Exception {
        String slug = trial.slug();
        Path image = trial.image();
        Path mount = trial.mount();
        Path into = trial.into();
        Process running = restore(into);
        if (!failure.strike().isEmpty()) {
            String early = strike(failure, running, image, mount);
            if (!early.isEmpty()) {
                running.destroyForcibly().waitFor();
                return List.of(wrong("NOT TRIED: " + early));
            }
        }
        Shell.Result result = Shell.finish(running, "restore");
        Files.writeString(work.resolve(slug + ".restore"), result.err() + result.out());
        String says = result.err()
                .lines()
                .filter(line -> line.startsWith("holdfast: "))
                .reduce((a, b) -> b)
                .orElse("");
        List<String> cells = new ArrayList<>();
        cells.add(result.code() == 0 ? wrong("0") : String.valueOf(result.code()));
        cells.add(says.isEmpty() ? wrong("SILENT") : shortened(says.replace(into.toString(), "TARGET")));
        Shell.must(MatrixMounts.with(failure.remedy(), image, mount), failure.name() + ": remedy");
        List<String> broken = compare(source, into).stream()
                .filter(line -> KINDS.getFirst().difference.matcher(line).find())
                .toList();
        Shell.Result again = Shell.finish(restore(into), "restore");
        Files.writeString(work.resolve(slug + ".again"), again.err() + again.out());
        MatrixNames.Renamed renamed = names.expected(slug, again);
        List<String> differences = compare(renamed.expected(), into);
        Files.write(work.resolve(slug + ".differences"), differences);
        boolean left = Shell.run("find " + into + " -name '.holdfast-*' ! -name '*.holdfast-kept-*' | grep .", "find")
                        .code()
                == 0;
        boolean whole = again.code() < 2
                && differences.stream()
                        .noneMatch(line ->
                                KINDS.getFirst().difference.matcher(line).find());
        // A file system that breaks may lose content that it had not stored: no restore can know, but it says that
        // it failed.
        boolean stricken = !failure.strike().isEmpty() && result.code() > 1 && whole;
        cells.add(
                broken.isEmpty()
                        ? "whole files only"
                        : stricken
                                ? broken.size() + " files whose content the file system lost, written again"
                                : wrong(broken.size() + " BROKEN FILES: " + broken.getFirst()));
        cells.add((!whole
                        ? wrong("NOT COMPLETE")
                        : differences.isEmpty()
                                ? "complete, the same"
                                : "complete: " + entries(differences, again, renamed) + "; "
                                        + listed(differences, again))
                + (left ? wrong(", work files left") : ""));
        return cells;
    }

    /**
     * Stops the restore (the JVM, which the launcher started) when its first files have their names and more are to come, makes the target fail, and lets it go on. Returns why
     * that was not possible; else nothing.
     */
    private String strike(MatrixTargets.Failure failure, Process running, Path image, Path mount) throws Exception {
        Path many = mount.resolve("t/source/many");
        while (running.isAlive() && restored(many) < FILES_BEFORE_STRIKE) {
            Thread.sleep(1);
        }
        Shell.run("pkill -STOP -P " + running.pid(), "stopping the restore");
        try {
            if (!running.isAlive() || Files.exists(many.resolve("large"))) {
                return "the restore had ended";
            }
            Shell.Result struck = Shell.run(MatrixMounts.with(failure.strike(), image, mount), failure.name());
            return struck.code() == 0
                    ? ""
                    : "the strike failed: " + struck.err().strip();
        } finally {
            Shell.run("pkill -CONT -P " + running.pid(), "continuing the restore");
        }
    }

    private static long restored(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return 0;
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(each -> !each.getFileName().toString().startsWith(".holdfast-"))
                    .count();
        }
    }

    private static String shortened(String line) {
        int end = line.indexOf("; stopped");
        return (end < 0 ? line : line.substring(0, end))
                .replaceAll("'\\.holdfast-partial-[^']*'", "a work file")
                .replace("|", "/");
    }
}
