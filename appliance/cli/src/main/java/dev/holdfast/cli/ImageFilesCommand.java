package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "files",
        mixinStandardHelpOptions = true,
        description = {
            "Lists, finds and downloads files on the disks of a snapshot that was made with --image or --vm. libguestfs reads the"
                    + " disks in a small virtual machine; the first call about a snapshot takes longer, as it starts the machine.",
            "",
            "Without FILE-SYSTEM, the file systems are listed; with it, the files of each PATH, a directory.",
            "",
            "  holdfast appliance recover files 3f2a",
            "  holdfast appliance recover files 3f2a /dev/sda1 /etc",
            "  holdfast appliance recover files 3f2a /dev/sda1 /home --find report",
            "  holdfast appliance recover files 3f2a /dev/sda1 /etc /home/anna --archive files.tar",
            "  holdfast appliance recover files 3f2a /dev/sda1 /etc/fstab --output fstab"
        })
final class ImageFilesCommand extends ApiCommand {
    private static final int MOST = 1_000_000;

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
    private String snapshot = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE-SYSTEM",
            description = "As it is listed, such as /dev/sda1.")
    private @Nullable String fileSystem;

    @Parameters(index = "2..*", paramLabel = "PATH", description = "In the file system. Default: its root.")
    private List<String> paths = List.of();

    @Option(names = "--find", paramLabel = "TEXT", description = "List what is below PATH with TEXT in its name.")
    private @Nullable String text;

    @Option(names = "--archive", paramLabel = "FILE", description = "Write each PATH to a new tar archive.")
    private @Nullable Path archive;

    @Option(names = "--output", paramLabel = "FILE", description = "Write the file PATH to a new file.")
    private @Nullable Path output;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    List<String> lists() {
        return fileSystem == null ? List.of("snapshot", "list") : List.of();
    }

    @Override
    int run(ApiClient api) throws Exception {
        String place = ApiClient.path("snapshots", snapshot, "file-systems");
        String from = fileSystem;
        if (from == null) {
            fileSystems(api.get(place));
            return ExitCode.OK;
        }
        String query = "?file-system=" + ApiClient.encode(from);
        List<String> wanted = paths.isEmpty() ? List.of("/") : paths;
        if (archive != null || output != null) {
            download(api, place, query, wanted);
            return ExitCode.OK;
        }
        if (wanted.size() > 1) {
            throw new IllegalArgumentException("several paths need --archive");
        }
        if (text != null) {
            JsonNode found = api.get(place + "/search" + query + "&limit=" + ApiClient.PAGE + "&path="
                    + ApiClient.encode(wanted.getFirst()) + "&name=" + ApiClient.encode(text));
            entries(found.path("entries"), true);
            if (found.path("more").asBoolean()) {
                err().println("holdfast: there may be more; give more of the name, or a directory");
                return ExitCode.WARNINGS;
            }
            return ExitCode.OK;
        }
        List<JsonNode> found = api.list(
                place + "/files",
                "entries",
                ApiClient.Paging.AFTER,
                Map.of("file-system", from, "path", wanted.getFirst()),
                MOST);
        entries(found, false);
        return ExitCode.OK;
    }

    private void fileSystems(JsonNode found) throws IOException {
        if (json) {
            Output.json(out(), found);
            return;
        }
        String form = "%-28s %-8s %10s  %-16s %s%n";
        out().printf(form, "FILE SYSTEM", "TYPE", "SIZE", "LABEL", "MOUNTED");
        for (JsonNode each : found.path("fileSystems")) {
            String system = each.path("system").asText();
            long bytes = each.path("bytes").asLong();
            out().printf(
                            form,
                            each.path("name").asText(),
                            each.path("type").asText(),
                            bytes == 0 ? "" : Output.bytes(bytes),
                            each.path("label").asText(),
                            system.isEmpty() ? "" : each.path("mounted").asText() + " of " + system);
        }
    }

    private void entries(Iterable<JsonNode> found, boolean whole) throws IOException {
        if (json) {
            Output.json(out(), found);
            return;
        }
        for (JsonNode each : found) {
            out().printf(
                            "%-9s %10s  %s%n",
                            each.path("kind").asText(),
                            Output.bytes(each.path("size").asLong()),
                            each.path(whole ? "path" : "name").asText());
        }
    }

    private void download(ApiClient api, String place, String query, List<String> wanted) throws IOException {
        if (archive != null && output != null || text != null || json) {
            throw new IllegalArgumentException("--archive, --output, --find and --json exclude each other");
        }
        if (output != null && wanted.size() > 1) {
            throw new IllegalArgumentException("--output takes one file; several paths need --archive");
        }
        StringBuilder target = new StringBuilder(place + (output == null ? "/archive" : "/content") + query);
        wanted.forEach(each -> target.append("&path=").append(ApiClient.encode(each)));
        Path file = output == null ? Objects.requireNonNull(archive) : output;
        boolean whole = false;
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            api.download(target.toString(), out);
            whole = true;
        } catch (FileAlreadyExistsException e) {
            whole = true;
            throw new IOException(file + " exists already; choose another name", e);
        } finally {
            if (!whole) {
                Files.deleteIfExists(file);
            }
        }
    }
}
