package dev.holdfast.e2e;

import dev.holdfast.cli.ApplianceMain;
import dev.holdfast.protocol.cli.ExitTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Random command lines of client and appliance, made of picocli's own model of all commands: some right, some wrong in one or
 * several ways. They read and write below one directory only.
 */
final class RandomCommands {
    /** Ends by a signal only, or after minutes. */
    private static final Set<String> ENDLESS = Set.of("service", "appliance run", "appliance preflight", "quickstart");

    private final Path sandbox;
    private final Path source;
    private final List<String> states;
    private final List<String> data;
    private final String snapshot;
    private final String url;
    private final Map<String, CommandLine> client = ExitTable.commands(dev.holdfast.agent.cli.Main.commands());
    private final Map<String, CommandLine> appliance = ExitTable.commands(ApplianceMain.commands());
    private final Map<String, Set<Integer>> clientCodes;
    private final Map<String, Set<Integer>> applianceCodes;

    /**
     * @param sandbox where commands may write
     * @param states state directories: the first is enrolled, and taken more often than the others
     * @param data data directories: the first is that of an appliance that runs
     * @param snapshot the id of one
     */
    RandomCommands(
            Path root, Path sandbox, Path source, List<String> states, List<String> data, String snapshot, String url)
            throws IOException {
        this.sandbox = sandbox;
        this.source = source;
        this.states = states;
        this.data = data;
        this.snapshot = snapshot;
        this.url = url;
        clientCodes = ExitTable.of(root, "client");
        applianceCodes = ExitTable.of(root, "appliance");
        Files.writeString(sandbox.resolve("a-file"), "twelve characters\n");
        Files.write(sandbox.resolve("no-text"), new byte[] {(byte) 0xff, '\n', (byte) 0xc3, 0});
        Files.writeString(sandbox.resolve("empty"), "");
    }

    /**
     * A command line.
     *
     * @param words typed into bash: quoted where that is necessary
     * @param codes that the table of exit codes has for it
     * @param endless it needs a signal to end in time
     */
    record Line(String command, List<String> words, Set<Integer> codes, boolean endless) {}

    static <T> T any(Random random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    /** The first three times of four, any otherwise. */
    private static <T> T mostly(Random random, List<T> all) {
        return random.nextInt(4) > 0 ? all.getFirst() : any(random, all);
    }

    Line next(Random random) {
        if (random.nextInt(20) == 0) {
            return nonsense(random);
        }
        boolean ofClient = random.nextInt(5) < 3;
        Map<String, CommandLine> commands = ofClient ? client : appliance;
        String name = any(random, List.copyOf(commands.keySet()));
        List<String> words = new ArrayList<>();
        if (ofClient && random.nextInt(20) > 0) {
            words.addAll(List.of("--state", mostly(random, states)));
        }
        if (!ofClient) {
            words.add("appliance");
        }
        words.addAll(List.of(name.split(" ")));
        CommandSpec spec = java.util.Objects.requireNonNull(commands.get(name)).getCommandSpec();
        for (OptionSpec option : spec.options()) {
            boolean wanted = option.required() ? random.nextInt(30) > 0 : random.nextInt(16) == 0;
            boolean outOfPlace = option.usageHelp()
                    || option.versionHelp()
                    || option.longestName().equals("--state");
            if (wanted && (!outOfPlace || random.nextInt(30) == 0)) {
                words.add(option.longestName());
                if (option.arity().max() > 0 || option.longestName().equals("--state")) {
                    words.add(value(random, option));
                }
            }
        }
        for (PositionalParamSpec position : spec.positionalParameters()) {
            int least = Math.max(1, position.arity().min());
            int many = random.nextInt(25) == 0 ? random.nextInt(4) : least;
            for (int i = 0; i < many; i++) {
                words.add(value(random, position));
            }
        }
        if (random.nextInt(30) == 0) {
            words.add(random.nextInt(words.size() + 1), any(random, GARBAGE));
        }
        String full = ofClient ? name : "appliance " + name;
        boolean orders = words.contains("--wait") || !ofClient && !words.contains("--no-wait") && waits(name);
        Set<Integer> codes =
                java.util.Objects.requireNonNull((ofClient ? clientCodes : applianceCodes).get(name), name);
        return new Line(full, words, codes, orders || ENDLESS.contains(full));
    }

    /** Waits for the service of a node, and there is none. */
    private static boolean waits(String name) {
        return Set.of("snapshot restore", "snapshot verify", "plan run", "drill run", "drill boot")
                .contains(name);
    }

    private static final List<String> GARBAGE = List.of(
            "''",
            "--no-such-option",
            "$'\\xff\\xc3'",
            "'a b'",
            "'$(x)'",
            "%s%n",
            "-",
            "--",
            "ä",
            "@missing",
            "--json=maybe",
            "$'a\\nb\\e[31m'",
            "0",
            "-1",
            "99999999999999999999",
            "x".repeat(5000));

    private Line nonsense(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> new Line("", List.of(), Set.of(0, 2), false);
            case 1 -> new Line("", List.of("--version"), Set.of(0), false);
            case 2 -> new Line("", List.of("--help"), Set.of(0), false);
            case 3 -> new Line("", List.of("appliance"), Set.of(0, 2), false);
            case 4 -> new Line("", List.of("bakcup", source.toString()), Set.of(2), false);
            default -> new Line("", List.of(any(random, GARBAGE), any(random, GARBAGE)), Set.of(0, 2), false);
        };
    }

    private String value(Random random, ArgSpec spec) {
        if (random.nextInt(40) == 0 && !isPath(spec)) {
            return any(random, GARBAGE);
        }
        String name = spec instanceof OptionSpec option ? option.longestName() : "";
        switch (name) {
            case "--data" -> {
                return mostly(random, data);
            }
            case "--state" -> {
                return mostly(random, states);
            }
            case "--from", "--url" -> {
                return any(random, List.of("file://" + sandbox + "/vault", "file:///nonexistent", "oss://b/p", "x"));
            }
            default -> {}
        }
        return switch (spec.paramLabel()) {
            case "DIR", "PATH", "LEFT", "RIGHT" ->
                isTarget(name)
                        ? sandbox + "/target-" + random.nextInt(4)
                        : any(
                                random,
                                List.of(
                                        source.toString(),
                                        sandbox + "/a-file",
                                        sandbox + "/missing",
                                        sandbox + "/target-1"));
            case "F", "FILE", "C" ->
                sandbox + "/" + any(random, List.of("a-file", "missing", "no-text", "empty", "target-1"));
            case "SNAPSHOT", "ID" -> any(random, List.of("latest", snapshot, snapshot, "ffffffff", "1"));
            case "SNAPSHOT[:PATH]", "SNAPSHOT:PATH" ->
                any(
                        random,
                        List.of(
                                "latest",
                                snapshot,
                                "latest:" + source,
                                "latest:" + source + "/f1",
                                "latest:" + source + "/f2",
                                "latest:/x"));
            case "NAME", "NODE" -> any(random, List.of("two", "zzzz", "dr"));
            case "PLAN", "POLICY" -> any(random, List.of("p", "q"));
            case "URL" ->
                any(
                        random,
                        List.of(
                                url,
                                "https://127.0.0.1:9",
                                "file://" + sandbox + "/vault",
                                "nonsense://x",
                                "http://x"));
            case "HOST:PORT", "ADDRESS" -> any(random, List.of("127.0.0.1:0", "127.0.0.1:1", "nowhere.invalid:1", "x"));
            case "SIZE" -> any(random, List.of("1 MB", "'1.5 GiB'", "0", "7 parsecs", "all", "-3"));
            case "TASK" -> any(random, List.of("1", "4711"));
            case "PATTERN", "GLOB" -> any(random, List.of("'f1*'", "'*'", "'['", "nothing", "'!x'", "''"));
            default ->
                any(random, List.of("0", "1", "3", "-1", "1000000", "x", "viewer", "auto", "'0 3 * * *'", "mon-fri"));
        };
    }

    private static boolean isPath(ArgSpec spec) {
        return Set.of("DIR", "PATH", "LEFT", "RIGHT", "F", "FILE", "C").contains(spec.paramLabel());
    }

    private static boolean isTarget(String name) {
        return Set.of("--target", "--work", "--volume", "--new-key-file", "--restore-below", "")
                .contains(name);
    }
}
