package dev.holdfast.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A page of the guide: its headings, tables and code. */
record GuidePage(String name, List<String> lines) {
    private static final Path GUIDE = Path.of("../../docs/guide");

    static List<String> names() throws IOException {
        try (var files = Files.list(GUIDE)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    /** @param name of the file below the guide, such as {@code zh/restore.md} */
    static GuidePage read(String name) throws IOException {
        return new GuidePage(name, Files.readAllLines(GUIDE.resolve(name)));
    }

    /** The lines of its code blocks without indentation, in order; what a backslash continues is one. */
    List<String> code() {
        List<String> code = new ArrayList<>();
        boolean inside = false;
        for (String line : lines) {
            if (line.strip().startsWith("```")) {
                inside = !inside;
            } else if (inside) {
                String before = !code.isEmpty() && code.getLast().endsWith("\\") ? code.removeLast() : "";
                code.add(before.replaceFirst("\\\\$", "") + line.strip());
            }
        }
        return code;
    }

    /** The code of the part below a heading, up to the next heading of the same level. */
    GuidePage part(String heading) {
        int begin = lines.indexOf(heading);
        if (begin < 0) {
            throw new IllegalArgumentException(name + " has no heading '" + heading + "'");
        }
        String level = heading.substring(0, heading.indexOf(' ') + 1);
        int end = begin + 1;
        while (end < lines.size() && !lines.get(end).startsWith(level)) {
            end++;
        }
        return new GuidePage(name, lines.subList(begin, end));
    }

    /** Commands among its code that are Holdfast's own. */
    List<String> commands() {
        return code().stream()
                .filter(line -> line.startsWith("holdfast ") || line.startsWith("holdfast-appliance "))
                .toList();
    }

    /** What both languages must have in common: levels of headings, rows of tables, and code, in order. */
    List<String> shape() {
        List<String> shape = new ArrayList<>();
        boolean inside = false;
        for (String line : lines) {
            if (line.strip().startsWith("```")) {
                inside = !inside;
                shape.add("code");
            } else if (inside) {
                shape.add(line);
            } else if (line.startsWith("#")) {
                shape.add(line.substring(0, line.indexOf(' ')));
            } else if (line.strip().startsWith("|")) {
                shape.add("row of "
                        + line.strip().chars().filter(each -> each == '|').count());
            }
        }
        return shape;
    }
}
