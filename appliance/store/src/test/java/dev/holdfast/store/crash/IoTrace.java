package dev.holdfast.store.crash;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything that a process did to the files below a directory, in order, as strace saw it: the store's own I/O and that
 * of RocksDB alike. After "All File Systems Are Not Created Equal" (Pillai et al., OSDI 2014), whose tool records and
 * replays the same way.
 */
final class IoTrace {
    /** What happened. Paths are relative to the traced directory. */
    sealed interface Event {
        record Create(String path, boolean truncate) implements Event {}

        record MakeDirectory(String path) implements Event {}

        /** {@code position} -1: at the end. */
        record Write(String path, long position, byte[] data) implements Event {}

        record Truncate(String path, long size) implements Event {}

        record Rename(String from, String to) implements Event {}

        record Remove(String path) implements Event {}

        /** Covers what happened before event number {@code from}. */
        record Sync(String path, int from) implements Event {}

        /** A line that the process wrote to its marker file. */
        record Mark(String text) implements Event {}
    }

    private static final String CALLS =
            "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,rename,"
                    + "renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,ftruncate,truncate,fallocate,link,linkat,msync";
    private static final Pattern LINE = Pattern.compile("(\\d+) +(.*)");
    private static final Pattern CALL = Pattern.compile("(\\w+)\\((.*)\\) += (-?\\d+)(.*)");
    private static final Pattern RESUMED = Pattern.compile("<\\.\\.\\. (\\w+) resumed>(.*)");
    private static final Pattern DESCRIPTOR = Pattern.compile("(?:AT_FDCWD|-?\\d+)<([^>]*)>");
    private static final Pattern STRING = Pattern.compile("\"([^\"]*)\"");

    final List<Event> events = new ArrayList<>();
    private final String root;
    private final String markers;
    private final Map<String, Boolean> known = new HashMap<>();

    private IoTrace(Path root, Path markers) {
        this.root = root + "/";
        this.markers = markers.toString();
    }

    /** Runs a command under strace and returns what it did below {@code root}. */
    static IoTrace record(List<String> command, Path root, Path markers, Path log)
            throws IOException, InterruptedException {
        IoTrace trace = new IoTrace(root, markers);
        trace.knowFiles(root);
        List<String> strace = new ArrayList<>(List.of(
                "strace",
                "-f",
                "-qq",
                "-y",
                "-xx",
                "-s",
                "9000000",
                "-e",
                "signal=none",
                "-e",
                "trace=" + CALLS,
                "-o"));
        strace.add(log.toString());
        strace.addAll(command);
        Path out = log.resolveSibling(log.getFileName() + ".out");
        Process process = new ProcessBuilder(strace)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("the traced process failed: " + Files.readString(out));
        }
        trace.parse(log);
        return trace;
    }

    /**
     * Reads a kept log of strace again.
     *
     * @param base the files that were below {@code root} before the run
     */
    static IoTrace read(Path log, Path root, Path markers, Path base) throws IOException {
        IoTrace trace = new IoTrace(root, markers);
        trace.knowFiles(base);
        trace.parse(log);
        return trace;
    }

    private void knowFiles(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> known.put(tree.relativize(file).toString(), true));
        }
    }

    private record Unfinished(String text, int began) {}

    private void parse(Path log) throws IOException {
        Map<String, Unfinished> unfinished = new HashMap<>();
        try (BufferedReader in = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                Matcher parts = LINE.matcher(line);
                if (!parts.matches()) {
                    continue;
                }
                String thread = parts.group(1);
                String text = parts.group(2);
                if (text.endsWith("<unfinished ...>")) {
                    String begun = text.substring(0, text.length() - "<unfinished ...>".length());
                    unfinished.put(thread, new Unfinished(begun, events.size()));
                    continue;
                }
                int began = events.size();
                Matcher resumed = RESUMED.matcher(text);
                if (resumed.matches()) {
                    Unfinished first = unfinished.remove(thread);
                    if (first == null) {
                        continue;
                    }
                    text = first.text + resumed.group(2);
                    began = first.began;
                }
                Matcher call = CALL.matcher(text);
                if (call.matches() && Long.parseLong(call.group(3)) >= 0) {
                    call(
                            call.group(1),
                            call.group(2),
                            Long.parseLong(call.group(3)),
                            call.group(3) + call.group(4),
                            began);
                }
            }
        }
    }

    private void call(String name, String arguments, long result, String rest, int began) throws IOException {
        switch (name) {
            case "openat", "open", "creat" -> {
                String path = relative(descriptor(rest));
                if (path != null && arguments.contains("O_CREAT")) {
                    boolean truncate = arguments.contains("O_TRUNC");
                    if (known.put(path, true) == null) {
                        events.add(new Event.Create(path, truncate));
                    } else if (truncate) {
                        events.add(new Event.Truncate(path, 0));
                    }
                }
            }
            case "write", "pwrite64" -> {
                String absolute = descriptor(arguments);
                if (absolute == null) {
                    return;
                }
                if (absolute.equals(markers)) {
                    events.add(new Event.Mark(new String(data(arguments), StandardCharsets.UTF_8).strip()));
                    return;
                }
                String path = relative(absolute);
                if (path == null) {
                    return;
                }
                byte[] data = data(arguments);
                if (data.length != result) {
                    data = java.util.Arrays.copyOf(data, Math.toIntExact(result));
                }
                long position = name.equals("write")
                        ? -1
                        : Long.parseLong(arguments
                                .substring(arguments.lastIndexOf(',') + 1)
                                .strip());
                events.add(new Event.Write(path, position, data));
            }
            case "fsync", "fdatasync" -> {
                String path = relative(descriptor(arguments));
                if (path != null) {
                    events.add(new Event.Sync(path, began));
                }
            }
            case "ftruncate" -> {
                String path = relative(descriptor(arguments));
                if (path != null) {
                    long size = Long.parseLong(
                            arguments.substring(arguments.lastIndexOf(',') + 1).strip());
                    events.add(new Event.Truncate(path, size));
                }
            }
            case "rename", "renameat", "renameat2" -> {
                List<String> paths = paths(arguments);
                if (paths.get(0) != null && paths.get(1) != null) {
                    known.remove(paths.get(0));
                    known.put(paths.get(1), true);
                    events.add(new Event.Rename(paths.get(0), paths.get(1)));
                }
            }
            case "unlink", "unlinkat", "rmdir" -> {
                String path = paths(arguments).getFirst();
                if (path != null) {
                    known.remove(path);
                    events.add(new Event.Remove(path));
                }
            }
            case "mkdir", "mkdirat" -> {
                String path = paths(arguments).getFirst();
                if (path != null) {
                    events.add(new Event.MakeDirectory(path));
                }
            }
            case "fallocate" -> {
                // RocksDB reserves room without changing the size.
                if (!arguments.contains("FALLOC_FL_KEEP_SIZE") && relative(descriptor(arguments)) != null) {
                    throw new IOException("a call that the simulation does not know: " + name + "(" + arguments + ")");
                }
            }
            default -> {
                if (relative(descriptor(arguments)) != null
                        || paths(arguments).stream().anyMatch(java.util.Objects::nonNull)) {
                    throw new IOException("a call that the simulation does not know: " + name);
                }
            }
        }
    }

    private static String descriptor(String text) {
        Matcher matcher = DESCRIPTOR.matcher(text);
        return matcher.find() ? new String(unhex(matcher.group(1)), StandardCharsets.UTF_8) : null;
    }

    private static byte[] data(String arguments) {
        Matcher matcher = STRING.matcher(arguments);
        return matcher.find() ? unhex(matcher.group(1)) : new byte[0];
    }

    /** The paths among the arguments, relative to the root; null for those that lie elsewhere. */
    private List<String> paths(String arguments) {
        List<String> paths = new ArrayList<>();
        Matcher matcher = STRING.matcher(arguments);
        while (matcher.find()) {
            paths.add(relative(new String(unhex(matcher.group(1)), StandardCharsets.UTF_8)));
        }
        return paths;
    }

    private String relative(String absolute) {
        if (absolute == null) {
            return null;
        }
        String path = absolute.replace("//", "/");
        if (path.startsWith(root)) {
            String below = path.substring(root.length());
            return below.endsWith("/") ? below.substring(0, below.length() - 1) : below;
        }
        return (path + "/").equals(root) ? "" : null;
    }

    private static byte[] unhex(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() / 4);
        for (int i = 0; i < text.length(); ) {
            if (text.charAt(i) == '\\' && text.charAt(i + 1) == 'x') {
                out.write(Character.digit(text.charAt(i + 2), 16) << 4 | Character.digit(text.charAt(i + 3), 16));
                i += 4;
            } else {
                out.write(text.charAt(i++));
            }
        }
        return out.toByteArray();
    }
}
