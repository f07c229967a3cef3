package dev.holdfast.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the tree that must be in a target after a restore that gave entries other names.
 *
 * @param source the tree that was backed up
 * @param work where the tree is made
 */
record MatrixNames(Path source, Path work) {
    private static final Pattern KEPT =
            Pattern.compile("(?m)^warning: /source(?<path>/.*): the target .*; kept as '(?<name>.*)'$");

    /** What a restore did to names, as it said, and the tree that must be there then. */
    record Renamed(Path expected, long kept, boolean spelling) {}

    /** Copies the source, with the names that the restore says it gave: what must be in the target, exactly. */
    Renamed expected(String slug, Shell.Result restored) throws Exception {
        boolean spelling = restored.err().contains("names: the file system stores them in another spelling");
        Map<String, String> kept = new LinkedHashMap<>();
        Matcher told = KEPT.matcher(restored.err());
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
        Shell.must("exec bash -e " + file, "renaming as the restore did");
        return new Renamed(expected, kept.size(), spelling);
    }
}
