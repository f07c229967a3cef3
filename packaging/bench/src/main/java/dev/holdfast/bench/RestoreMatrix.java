package dev.holdfast.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
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
    private static final int CANNOT = 77;
    private static final int MOUNT_FAILED = 32;
    private static final Pattern KEPT =
            Pattern.compile("(?m)^warning: /source(?<path>/.*): the target .*; kept as '(?<name>.*)'$");

    /**
     * @param setup makes and mounts the file system: $I is a name for its image, $M the mount point. Ends with 77, and a word why, where
     *     this machine cannot
     */
    private record Target(String name, String setup) {}

    /**
     * @param strike what is done while the restore, stopped after its first files, has more to write; fails unless the target has failed by
     *     then. Empty for a target that fails by itself
     * @param remedy makes the target right again, with what it holds
     */
    private record Failure(String name, String setup, String strike, String remedy) {}

    /** What a restore did to names, as it said, and the tree that must be there then. */
    private record Renamed(Path expected, long kept, boolean spelling) {}

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

    private static final String LOOP = "truncate -s 400M $I; %s; mount -o loop%s $I $M";
    private static final String FUSE = "truncate -s 400M $I; %s; D=$(losetup -f --show $I); echo $D >$I.loop; %s";

    private static final List<Target> TARGETS = List.of(
            new Target("ext4", LOOP.formatted("mkfs.ext4 -q $I", "")),
            new Target("ext4, inodes of 128 bytes", LOOP.formatted("mkfs.ext4 -q -I 128 $I", "")),
            new Target(
                    "ext4, casefold",
                    LOOP.formatted("mkfs.ext4 -q -O casefold $I", "") + "; mkdir $M/t; chattr +F $M/t"),
            new Target("XFS", LOOP.formatted("mkfs.xfs -q -f $I", "")),
            new Target("XFS, no bigtime", LOOP.formatted("mkfs.xfs -q -f -m bigtime=0 $I", "")),
            new Target("btrfs", LOOP.formatted("mkfs.btrfs -q -f $I", "")),
            new Target("tmpfs", "mount -t tmpfs -o size=400M tmpfs $M"),
            new Target("exFAT (FUSE)", FUSE.formatted("mkfs.exfat $I >&2", "mount.exfat-fuse $D $M >&2")),
            new Target("NTFS (ntfs-3g)", FUSE.formatted("mkntfs -q -F -f $I >&2", "ntfs-3g $D $M")),
            new Target(
                    "NTFS (ntfs-3g, permissions)",
                    FUSE.formatted("mkntfs -q -F -f $I >&2", "ntfs-3g -o permissions,acl $D $M")),
            new Target(
                    "NTFS (lowntfs-3g, ignore_case)",
                    FUSE.formatted("mkntfs -q -F -f $I >&2", "lowntfs-3g -o ignore_case,windows_names $D $M")),
            new Target("FAT32", LOOP.formatted("mkfs.vfat -F 32 $I >&2", "")));

    private static final List<Failure> FAILURES = List.of(
            new Failure(
                    "full ext4",
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop $I $M; fallocate -l 320M $M/ballast",
                    "",
                    "rm $M/ballast"),
            new Failure(
                    "ext4 without inodes left",
                    "truncate -s 400M $I; mkfs.ext4 -q -b 4096 -N 64 $I; mount -o loop $I $M",
                    "",
                    "T=$(mktemp -d); cp -a $M/. $T; umount $M; mkfs.ext4 -q -F -b 4096 -N 4096 $I; mount -o loop $I $M; cp -a $T/. $M;"
                            + " rm -rf $T"),
            new Failure("full tmpfs", "mount -t tmpfs -o size=30M tmpfs $M", "", "mount -o remount,size=400M $M"),
            new Failure(
                    "full exFAT (FUSE)",
                    "truncate -s 400M $I; mkfs.exfat $I >&2; D=$(losetup -f --show $I); echo $D >$I.loop;"
                            + " mount.exfat-fuse $D $M >&2; dd if=/dev/zero of=$M/ballast bs=1M count=360 2>/dev/null",
                    "",
                    "rm $M/ballast"),
            new Failure(
                    "quota on btrfs",
                    "truncate -s 400M $I; mkfs.btrfs -q -f $I; mount -o loop $I $M; btrfs quota enable $M;"
                            + " btrfs subvolume create $M/t >&2; btrfs qgroup limit 30M $M/t",
                    "",
                    "btrfs qgroup limit none $M/t"),
            new Failure(
                    "project quota on XFS",
                    "truncate -s 400M $I; mkfs.xfs -q -f $I; mount -o loop,pquota $I $M; mkdir $M/t;"
                            + " xfs_quota -x -c \"project -s -p $M/t 42\" -c 'limit -p bhard=30m 42' $M >&2",
                    "",
                    "xfs_quota -x -c 'limit -p bhard=0 42' $M >&2"),
            new Failure(
                    "read-only ext4",
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop $I $M; mkdir $M/t; mount -o remount,ro $M",
                    "",
                    "mount -o remount,rw $M"),
            new Failure(
                    "ext4 that becomes read-only",
                    // Files that are open for writing forbid "remount,ro"; an error does not ask.
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop,errors=remount-ro $I $M",
                    "echo 1 >/sys/fs/ext4/$(basename $(findmnt -no SOURCE $M))/trigger_fs_error; ! touch $M/t 2>/dev/null",
                    "umount $M; e2fsck -fy $I >&2 || [ $? -lt 4 ]; mount -o loop $I $M"),
            new Failure(
                    "XFS that shuts down",
                    "truncate -s 400M $I; mkfs.xfs -q -f $I; mount -o loop $I $M",
                    "xfs_io -x -c shutdown $M; ! touch $M/t 2>/dev/null",
                    "umount $M; mount -o loop $I $M"),
            new Failure(
                    "exFAT whose driver dies",
                    FUSE.formatted("mkfs.exfat $I >&2", "mount.exfat-fuse $D $M >&2"),
                    "kill -9 $(pgrep -f \"^mount.exfat-fuse $(cat $I.loop) $M\\$\");"
                            + " for i in $(seq 50); do stat -f $M >/dev/null 2>&1 || exit 0; sleep 0.1; done; echo the driver lives >&2; exit 1",
                    "umount $M; fsck.exfat -y $(cat $I.loop) >&2 || [ $? -lt 4 ]; mount.exfat-fuse $(cat $I.loop) $M >&2"),
            new Failure(
                    "ext4 that is unmounted lazily",
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop $I $M",
                    "umount -l $M; ! mountpoint -q $M",
                    "for i in $(seq 100); do losetup -j $I | grep -q . || break; sleep 0.2; done; mount -o loop $I $M"));

    private final Rig rig;
    private final Path work;
    private final Path source;
    private Path state = Path.of("");
    private boolean silent;

    private RestoreMatrix(Path work, Rig rig) {
        this.work = work;
        this.rig = rig;
        this.source = work.resolve("source");
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

    private static final int FILES_BEFORE_STRIKE = 10;
    private static final String ONLY_LEFT = ": only on the left";

    private record Result(int code, String out, String err) {}

    private Result shell(String script, String name) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-ec", script).start();
        process.getOutputStream().close();
        return finish(process, name);
    }

    private Result finish(Process process, String name) throws IOException, InterruptedException {
        StringBuilder err = new StringBuilder();
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                err.append(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                err.append(e);
            }
        });
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
            throw new IOException(name + " does not end");
        }
        reader.join();
        return new Result(process.exitValue(), out, err.toString());
    }

    private void must(String script, String what) throws IOException, InterruptedException {
        Result result = shell(script, what);
        if (result.code != 0) {
            throw new IOException(what + " failed with " + result.code + ": " + result.out + result.err);
        }
    }

    private static String with(String script, Path image, Path mount) {
        return "set -o pipefail; I=" + image + "; M=" + mount + "; " + script;
    }

    private void run(String only) throws Exception {
        makeSource();
        state = rig.enrol("matrix");
        rig.run("--state", state.toString(), "backup", "--quiet", source.toString());
        String header = "| target | entries | "
                + String.join(" | ", KINDS.stream().map(Kind::name).toList()) + " | again |";
        System.out.println(header);
        System.out.println(header.replaceAll("[^|]+", "---"));
        for (Target target : TARGETS) {
            if (target.name.contains(only)) {
                System.out.println("| " + target.name + " | "
                        + String.join(" | ", row(target.name, target.setup, this::kept)) + " |");
            }
        }
        System.out.println();
        System.out.println("| failing target | ends with | says | under their names | after the remedy |");
        System.out.println("|---|---|---|---|---|");
        for (Failure failure : FAILURES) {
            if (failure.name.contains(only)) {
                System.out.println("| " + failure.name + " | "
                        + String.join(" | ", row(failure.name, failure.setup, trial -> survived(failure, trial)))
                        + " |");
            }
        }
    }

    private void makeSource() throws Exception {
        if (Files.exists(source)) {
            return;
        }
        Files.createDirectories(source);
        must("cd " + source + """
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
        Result result = finish(process, "compare");
        List<String> lines = new ArrayList<>(result.out.lines().toList());
        if (result.code > 1) {
            return List.of("cannot be compared: " + result.err.strip());
        }
        lines.removeLast();
        return lines;
    }

    /** Copies the source, with the names that the restore says it gave: what must be in the target, exactly. */
    private Renamed expected(String slug, Result restored) throws Exception {
        boolean spelling = restored.err.contains("names: the file system stores them in another spelling");
        Map<String, String> kept = new LinkedHashMap<>();
        Matcher told = KEPT.matcher(restored.err);
        while (told.find()) {
            kept.put(told.group("path"), told.group("name"));
        }
        if (kept.isEmpty() && !spelling) {
            return new Renamed(source, 0, false);
        }
        Path expected = work.resolve(slug + ".expected");
        StringBuilder script = new StringBuilder("rm -rf " + expected + "; cp -a " + source + " " + expected + "; cd "
                + expected + "\nrenamed() { [ -e \"$2\" ] || mv -T \"$1\" \"$2\"; }\n");
        // What is deeper first, while the directories on its way have their own names.
        kept.keySet().stream()
                .sorted(Comparator.comparingLong((String path) ->
                                path.chars().filter(c -> c == '/').count())
                        .reversed())
                .forEach(path -> script.append("renamed \"$(printf %b '.")
                        .append(path)
                        .append("')\" \"$(printf %b '.")
                        .append(path, 0, path.lastIndexOf('/') + 1)
                        .append(kept.get(path))
                        .append("')\"\n"));
        if (spelling) {
            script.append("export LC_ALL=C; find . -depth -name '*[A-Z]*' -print0 | while IFS= read -r -d '' each;"
                    + " do name=${each##*/}; renamed \"$each\" \"${each%/*}/${name,,}\"; done\n");
        }
        script.append("cd ")
                .append(source)
                .append("; for each in . names attributes many; do touch -r $each ")
                .append(expected)
                .append("/$each; done\n");
        Path file = Files.writeString(work.resolve(slug + ".rename"), script);
        must("exec bash -e " + file, "renaming as the restore did");
        return new Renamed(expected, kept.size(), spelling);
    }

    private Path mounted(String name, String setup, Path image) throws Exception {
        Path mount = Files.createDirectories(work.resolve("mount-" + name));
        Result result = shell(with(setup, image, mount), name);
        if (result.code != 0) {
            String said = result.err.contains("dmesg(1)") && !result.err.contains("unknown filesystem type")
                    ? shell("dmesg | tail -n 1 | sed 's/^\\[[^]]*\\] //'", "dmesg").out
                    : result.err + result.out;
            String why = said.lines()
                    .filter(line -> !line.contains("dmesg(1)"))
                    .reduce((a, b) -> b)
                    .orElse("?");
            if (result.code != CANNOT && result.code != MOUNT_FAILED && result.code != 127) {
                why = why + " (" + result.code + ")";
            }
            clean(image, mount);
            throw new CannotException(why);
        }
        return mount;
    }

    private static final class CannotException extends Exception {
        CannotException(String why) {
            super(why);
        }
    }

    private void clean(Path image, Path mount) throws Exception {
        shell(
                with(
                        "umount $M 2>/dev/null || umount -l $M 2>/dev/null || true; [ ! -e $I.loop ] || losetup -d $(cat $I.loop)"
                                + " || true; rm -f $I $I.loop; rmdir $M",
                        image,
                        mount),
                "cleaning up");
    }

    private static String slug(String name) {
        return name.replaceAll("[^A-Za-z0-9]+", "-");
    }

    /** A file system that was made for one row. */
    private record Trial(String slug, Path image, Path mount) {
        Path into() {
            return mount.resolve("t");
        }
    }

    /** Fills in the cells of a row. */
    private interface Cells {
        List<String> of(Trial trial) throws Exception;
    }

    /** Makes a file system, has the cells filled in, and removes it. */
    private List<String> row(String name, String setup, Cells cells) throws Exception {
        String slug = slug(name);
        Path image = work.resolve(slug + ".img");
        Path mount;
        try {
            mount = mounted(slug, setup, image);
        } catch (CannotException e) {
            return List.of("not tried here: " + e.getMessage());
        }
        try {
            return cells.of(new Trial(slug, image, mount));
        } finally {
            clean(image, mount);
        }
    }

    private List<String> kept(Trial trial) throws Exception {
        String slug = trial.slug;
        Path into = trial.into();
        Result result = finish(restore(into), "restore");
        Files.writeString(work.resolve(slug + ".restore"), result.err + result.out);
        Renamed renamed = expected(slug, result);
        List<String> differences = compare(renamed.expected, into);
        Files.write(work.resolve(slug + ".differences"), differences);
        List<String> cells = new ArrayList<>();
        cells.add(entries(differences, result, renamed));
        Map<Kind, Long> found = new LinkedHashMap<>();
        for (Kind kind : KINDS) {
            long count = differences.stream()
                    .filter(line -> kind.difference.matcher(line).find())
                    .count();
            found.put(kind, count);
            boolean listed = kind.listed.matcher(result.err + result.out).find();
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
        Result second = finish(restore(into), "restore");
        Files.writeString(work.resolve(slug + ".again"), second.err + second.out);
        JsonNode again = JSON.readTree(second.out);
        long written = again.path("files").asLong();
        // A copy in place of a hard link is made again each time.
        boolean copies = written > 0 && written <= found.get(KINDS.get(5));
        // A time that cannot be set is another one each time.
        List<String> then = compare(renamed.expected, into);
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
        return shell("[ $(( $(stat -c '%b*%B*2' " + file + ") )) -lt $(stat -c %s " + file + ") ]", "stat").code == 0;
    }

    private String wrong(String what) {
        silent = true;
        return "**" + what + "**";
    }

    /** Every entry that is not there must be named; what is under another name was compared under that. */
    private String entries(List<String> differences, Result result, Renamed renamed) {
        List<String> missing = differences.stream()
                .filter(line -> line.endsWith(ONLY_LEFT))
                .map(line -> line.substring(0, line.length() - ONLY_LEFT.length()))
                .toList();
        long untold = missing.stream()
                .filter(path -> !result.err.contains("warning: /source" + path + ": "))
                .count();
        List<String> words = new ArrayList<>();
        if (renamed.kept > 0) {
            words.add(renamed.kept + " under other names, listed");
        }
        if (renamed.spelling) {
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
    private String listed(List<String> differences, Result result) {
        List<String> silentKinds = KINDS.stream()
                .filter(kind -> differences.stream()
                        .anyMatch(line -> kind.difference.matcher(line).find()))
                .filter(kind -> !kind.listed.matcher(result.err + result.out).find())
                .map(Kind::name)
                .toList();
        return silentKinds.isEmpty()
                ? "what the target cannot store is listed"
                : wrong("SILENT: " + String.join(", ", silentKinds));
    }

    private List<String> survived(Failure failure, Trial trial) throws Exception {
        String slug = trial.slug;
        Path image = trial.image;
        Path mount = trial.mount;
        Path into = trial.into();
        Process running = restore(into);
        if (!failure.strike.isEmpty()) {
            String early = strike(failure, running, image, mount);
            if (!early.isEmpty()) {
                running.destroyForcibly().waitFor();
                return List.of(wrong("NOT TRIED: " + early));
            }
        }
        Result result = finish(running, "restore");
        Files.writeString(work.resolve(slug + ".restore"), result.err + result.out);
        String says = result.err
                .lines()
                .filter(line -> line.startsWith("holdfast: "))
                .reduce((a, b) -> b)
                .orElse("");
        List<String> cells = new ArrayList<>();
        cells.add(result.code == 0 ? wrong("0") : String.valueOf(result.code));
        cells.add(says.isEmpty() ? wrong("SILENT") : shortened(says.replace(into.toString(), "TARGET")));
        must(with(failure.remedy, image, mount), failure.name + ": remedy");
        List<String> broken = compare(source, into).stream()
                .filter(line -> KINDS.getFirst().difference.matcher(line).find())
                .toList();
        Result again = finish(restore(into), "restore");
        Files.writeString(work.resolve(slug + ".again"), again.err + again.out);
        Renamed renamed = expected(slug, again);
        List<String> differences = compare(renamed.expected, into);
        Files.write(work.resolve(slug + ".differences"), differences);
        boolean left =
                shell("find " + into + " -name '.holdfast-*' ! -name '*.holdfast-kept-*' | grep .", "find").code == 0;
        boolean whole = again.code < 2
                && differences.stream()
                        .noneMatch(line ->
                                KINDS.getFirst().difference.matcher(line).find());
        // A file system that breaks may lose content that it had not stored: no restore can know, but it says that
        // it failed.
        boolean stricken = !failure.strike.isEmpty() && result.code > 1 && whole;
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
    private String strike(Failure failure, Process running, Path image, Path mount) throws Exception {
        Path many = mount.resolve("t/source/many");
        while (running.isAlive() && restored(many) < FILES_BEFORE_STRIKE) {
            Thread.sleep(1);
        }
        shell("pkill -STOP -P " + running.pid(), "stopping the restore");
        try {
            if (!running.isAlive() || Files.exists(many.resolve("large"))) {
                return "the restore had ended";
            }
            Result struck = shell(with(failure.strike, image, mount), failure.name);
            return struck.code == 0 ? "" : "the strike failed: " + struck.err.strip();
        } finally {
            shell("pkill -CONT -P " + running.pid(), "continuing the restore");
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
