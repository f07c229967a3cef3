package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "volume",
        mixinStandardHelpOptions = true,
        description = {
            "Manages volumes: the directories that hold the backups' data, each on a file system of its own.",
            "Backups and restores go on meanwhile, and no restart is needed.",
            "",
            "  holdfast appliance volume list --data DIR",
            "  holdfast appliance volume add /mnt/disk2 --data DIR            more space, at once",
            "  holdfast appliance volume replace 0 /mnt/disk3 --data DIR      a larger or newer disk",
            "  holdfast appliance volume drain 1 --data DIR                   then: volume retire 1",
            "  holdfast appliance volume retire 1 --lost --dry-run --data DIR what a dead disk costs",
        },
        subcommands = {
            VolumeCommand.ListVolumes.class,
            VolumeCommand.Add.class,
            VolumeCommand.Drain.class,
            VolumeCommand.Retire.class,
            VolumeCommand.Replace.class,
            CommandLine.HelpCommand.class
        })
final class VolumeCommand {
    private static final List<String> LISTS = List.of("volume", "list");

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = {
                "Lists volumes, how full they are, and whether they are mounted.",
                "States: active; draining (takes no new data, some is to be moved); drained (can be retired); missing (not"
                        + " mounted, or another disk is mounted there); lost (given up)."
            })
    static final class ListVolumes extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/volumes", "volumes", ApiClient.Paging.ONE, Map.of(), Integer.MAX_VALUE);
        }

        @Override
        int code(List<JsonNode> volumes) {
            return volumes.stream()
                            .allMatch(each -> each.path("problem").asText().isEmpty())
                    ? ExitCode.OK
                    : ExitCode.WARNINGS;
        }

        @Override
        void print(PrintWriter out, List<JsonNode> volumes) {
            out.printf("%-6s %-9s %10s %10s %10s  %s%n", "NUMBER", "STATE", "STORED", "FREE", "SIZE", "PATH");
            for (JsonNode each : volumes) {
                out.printf(
                        "%-6d %-9s %10s %10s %10s  %s%n",
                        each.path("number").asInt(),
                        each.path("state").asText(),
                        Output.bytes(each.path("containerBytes").asLong()),
                        Output.bytes(each.path("freeBytes").asLong()),
                        Output.bytes(each.path("totalBytes").asLong()),
                        each.path("path").asText());
                if (!each.path("fileSystem").asText().isEmpty()) {
                    out.println("       on " + each.path("fileSystem").asText());
                }
                if (!each.path("problem").asText().isEmpty()) {
                    out.println("       " + each.path("problem").asText());
                }
                if (each.path("task").isNumber()) {
                    out.println("       task " + each.path("task").asLong() + " works on it");
                }
            }
        }
    }

    /** The number of the volume that a person names by its number or its path. */
    private static long number(ApiClient api, String name) throws IOException {
        if (name.matches("[0-9]{1,9}")) {
            return Long.parseLong(name);
        }
        String path = absolute(name);
        for (JsonNode each : api.list("/volumes", "volumes", ApiClient.Paging.ONE, Map.of(), Integer.MAX_VALUE)) {
            if (each.path("path").asText().equals(path)) {
                return each.path("number").asLong();
            }
        }
        throw new Failure.NotFoundException("there is no volume '" + name + "'");
    }

    private static String absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize().toString();
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = {
                "Adds a volume, which takes data at once. The directory must be empty or new, on a mounted disk, and belong to"
                        + " the user that the appliance runs as.",
                "A known volume that is mounted at another place now is recognised. A volume that is being drained takes data"
                        + " again."
            })
    static final class Add extends ApiCommand {
        @Parameters(paramLabel = "DIR", description = "The directory.")
        private String directory = "";

        @Option(names = "--dry-run", description = "Only look at the directory.")
        private boolean dryRun;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        int run(ApiClient api) throws IOException {
            JsonNode added = api.post("/volumes", Map.of("path", absolute(directory), "dryRun", dryRun));
            if (json) {
                Output.json(out(), added);
            } else {
                out().println((dryRun ? "Would add " : "Added ")
                        + added.path("path").asText() + " as volume "
                        + added.path("number").asInt()
                        + switch (added.path("found").asText()) {
                            case "moved" -> ", a known volume at another place";
                            case "draining" -> ", which takes data again";
                            case "present" -> ", which it is already";
                            default -> "";
                        });
            }
            return warned(added, err());
        }
    }

    /** Prints warnings; returns the exit code that they make. */
    private static int warned(JsonNode answer, PrintWriter err) {
        answer.path("warnings").forEach(each -> err.println("holdfast: warning: " + each.asText()));
        return answer.path("warnings").isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    /** One that takes a volume out of use. */
    abstract static class Leaving extends ApiCommand {
        @Parameters(index = "0", paramLabel = "VOLUME", description = "The volume's number, or its directory.")
        private String volume = "";

        @Option(names = "--dry-run", description = "Only show what would be done.")
        boolean dryRun;

        @Option(names = "--wait", description = "Return when it is done.")
        private boolean wait;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        List<String> lists() {
            return LISTS;
        }

        /** Asks for it; returns what the API answers. */
        abstract JsonNode ask(ApiClient api, String volume) throws IOException;

        @Override
        final int run(ApiClient api) throws Exception {
            JsonNode leaving = ask(api, ApiClient.path("volumes", Long.toString(number(api, volume))));
            int warned = warned(leaving.path("added"), err());
            boolean task = leaving.path("task").isNumber();
            if (!wait || !task) {
                if (json) {
                    Output.json(out(), leaving);
                } else {
                    print(api, leaving);
                }
                return warned;
            }
            return Math.max(warned, follow(api, leaving.path("task").asLong()));
        }

        private void print(ApiClient api, JsonNode leaving) {
            String name = "volume " + leaving.path("number").asInt() + " ("
                    + leaving.path("path").asText() + ")";
            String content = leaving.path("containers").asLong() + " containers, "
                    + Output.bytes(leaving.path("bytes").asLong());
            if (leaving.path("retired").asBoolean()) {
                out().println("Retired " + name + "; its disk can be removed");
            } else if (!leaving.path("task").isNumber()) {
                out().println("Would take " + name + " out of use; it holds " + content);
            } else {
                long task = leaving.path("task").asLong();
                out().println((dryRun ? "Looking at " : "Working on ") + name + " as task " + task + ": " + content);
                out().println(
                                leaving.path("running").asBoolean()
                                        ? "Progress: " + api.command("tasks", "show", Long.toString(task))
                                        : "The appliance is not running; the task begins when it starts: "
                                                + api.command("run"));
            }
        }

        private int follow(ApiClient api, long id) throws IOException, InterruptedException {
            JsonNode task = new TaskFollower(api, err()).await(id);
            JsonNode result = ApiClient.JSON.readTree(task.path("result").asText());
            if (!TaskFollower.is(task, "done")) {
                throw new IOException("task " + id + " " + TaskFollower.state(task) + ": "
                        + task.path("reason").asText());
            }
            if (json) {
                Output.json(out(), result);
            } else {
                print(result);
            }
            return warned(result, err());
        }

        private void print(JsonNode result) {
            int number = result.path("volume").asInt();
            if (result.has("lost")) {
                out().println("Volume " + number + ": " + result.path("fetched").asLong() + " containers "
                        + (dryRun
                                ? "are in a vault, "
                                : "fetched from a vault, "
                                        + result.path("archived").asLong() + " read from the vault from now on, ")
                        + result.path("lost").asLong() + " lost");
                result.path("snapshots")
                        .forEach(each -> out().println("damaged: snapshot "
                                + each.path("id").asText() + " of "
                                + each.path("node").asText()));
            } else {
                out().println("Moved " + result.path("containers").asLong() + " containers, "
                        + Output.bytes(result.path("bytes").asLong()) + ", off volume " + number
                        + (result.path("retired").asBoolean() ? " and retired it" : ""));
            }
        }
    }

    @Command(
            name = "drain",
            mixinStandardHelpOptions = true,
            description = {
                "Moves all data off a volume, which takes no new data from now on. Each piece is copied, synced and compared"
                        + " before the old one is deleted.",
                "It is a task: 'tasks pause' and 'tasks resume' suspend it, 'tasks cancel' ends it, 'volume drain' resumes"
                        + " it, 'volume add DIR' lets the volume take data again. It resumes by itself after a restart.",
                "Refused where the other volumes lack room."
            })
    static final class Drain extends Leaving {
        @Override
        JsonNode ask(ApiClient api, String volume) throws IOException {
            return api.post(volume + "/drain", Map.of("dryRun", dryRun));
        }
    }

    @Command(
            name = "retire",
            mixinStandardHelpOptions = true,
            description = {
                "Takes a volume out of use that holds no data: drain it first. Its disk can be removed then.",
                "With --lost, gives up a volume that is missing and will not come back, such as a dead disk. What a vault has"
                        + " is fetched from there. What is in no vault is lost: the damaged snapshots are named, and"
                        + " clients send again what they still have. Use --dry-run first."
            })
    static final class Retire extends Leaving {
        @Option(
                names = "--lost",
                description = "Give up the data on the volume. This cannot be undone, even if the disk comes back.")
        private boolean lost;

        @Override
        JsonNode ask(ApiClient api, String volume) throws IOException {
            return api.post(volume + (lost ? "/lose" : "/retire"), Map.of("dryRun", dryRun));
        }
    }

    @Command(
            name = "replace",
            mixinStandardHelpOptions = true,
            description = {
                "Adds the directory as a volume, moves all data of another to it, and retires that one when it is empty.",
                "With --lost, the other volume is missing and will not come back: see 'volume retire --help'."
            })
    static final class Replace extends Leaving {
        @Parameters(index = "1", paramLabel = "DIR", description = "The new directory.")
        private String directory = "";

        @Option(
                names = "--lost",
                description = "Give up the data on the old volume. This cannot be undone, even if the disk comes back.")
        private boolean lost;

        @Override
        JsonNode ask(ApiClient api, String volume) throws IOException {
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("path", absolute(directory));
            wanted.put("dryRun", dryRun);
            return api.post(volume + (lost ? "/lose" : "/replace"), wanted);
        }
    }
}
