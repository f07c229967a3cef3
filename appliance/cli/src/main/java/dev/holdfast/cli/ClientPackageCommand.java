package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "client-package",
        mixinStandardHelpOptions = true,
        description = {
            "Packages of the client that the appliance offers to nodes; 'node upgrade' makes nodes install them.",
            "A package comes with the vendor's signature, FILE.sig. Nodes install only what a release key signed that came"
                    + " with their own installation, and no older version: they do not rely on the appliance for that.",
            "",
            "  holdfast appliance client-package add holdfast-client_1.2.0_amd64.deb --data DIR",
            "  holdfast appliance client-package list --data DIR",
            "  holdfast appliance node upgrade --all --dry-run --data DIR",
            "  holdfast appliance node upgrade db1 --data DIR",
        },
        subcommands = {
            ClientPackageCommand.Add.class,
            ClientPackageCommand.ListAll.class,
            ClientPackageCommand.Remove.class,
            CommandLine.HelpCommand.class
        })
final class ClientPackageCommand {
    private static final List<String> LISTS = List.of("client-package", "list");

    private static List<JsonNode> packages(ApiClient api) throws IOException {
        return api.list("/client-packages", "packages", ApiClient.Paging.ONE, Map.of(), Integer.MAX_VALUE);
    }

    private static String label(JsonNode each) {
        return each.path("product").asText() + " " + each.path("version").asText() + " ("
                + each.path("kind").asText() + ", " + each.path("architecture").asText() + ")";
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = {
                "Sends a package and its signature to the appliance, which offers it to nodes once it is whole. After an"
                        + " interruption, rerun the command to resume."
            })
    static final class Add extends ApiCommand {
        private static final int PART_BYTES = 512 << 10;

        @Parameters(paramLabel = "FILE", description = "The package: a .deb, or a .tar.zst.")
        private @Nullable Path file;

        @Option(names = "--signature", paramLabel = "FILE", description = "Its signature; default: FILE.sig.")
        private @Nullable Path signatureFile;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        int run(ApiClient api) throws IOException {
            Path given = Objects.requireNonNull(file);
            Path beside = signatureFile == null ? given.resolveSibling(given.getFileName() + ".sig") : signatureFile;
            ReleaseSignature signature = ReleaseSignature.read(beside);
            ReleasePackage about = signature.about();
            if (Files.size(given) != about.size()) {
                throw new Failure.RefusedException(given + " has " + Files.size(given) + " bytes, and " + beside
                        + " is the signature of a file of " + about.size() + " bytes; use the one that belongs to it");
            }
            JsonNode arrival = api.post("/client-packages", Map.of("signature", signature.text()));
            try (InputStream in = Files.newInputStream(given)) {
                in.skipNBytes(arrival.path("received").asLong());
                while (!arrival.path("complete").asBoolean()) {
                    long received = arrival.path("received").asLong();
                    byte[] part = in.readNBytes(PART_BYTES);
                    arrival = api.put(
                            ApiClient.path("client-packages", about.sha256()),
                            Map.of(
                                    "offset",
                                    received,
                                    "content",
                                    Base64.getEncoder().encodeToString(part)));
                }
            }
            if (json) {
                Output.json(out(), arrival);
            } else {
                out().println("Offered to nodes: " + about.label() + ", " + Output.bytes(about.size())
                        + ", signed with key " + signature.key());
                out().println("To upgrade nodes: " + api.command("node", "upgrade", "--all"));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the packages that the appliance offers, the newest version first.")
    static final class ListAll extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return packages(api);
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) {
            out.printf("%-12s %-16s %-12s %-8s %10s  %s%n", "ID", "VERSION", "ARCHITECTURE", "KIND", "SIZE", "KEY");
            for (JsonNode each : found) {
                out.printf(
                        "%-12s %-16s %-12s %-8s %10s  %s%n",
                        each.path("id").asText().substring(0, 12),
                        each.path("version").asText(),
                        each.path("architecture").asText(),
                        each.path("kind").asText(),
                        Output.bytes(each.path("bytes").asLong()),
                        each.path("key").asText());
            }
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Removes a package: nodes that have not begun to fetch it cannot upgrade to it any more.")
    static final class Remove extends ApiCommand {
        private static final int LEAST_CHARACTERS = 4;

        @Parameters(
                paramLabel = "ID",
                description = "The package, as 'client-package list' shows it; may be shortened.")
        private String id = "";

        @Option(names = "--dry-run", description = "Only say which package it is.")
        private boolean dryRun;

        @Override
        List<String> lists() {
            return LISTS;
        }

        @Override
        int run(ApiClient api) throws IOException {
            List<JsonNode> found = packages(api).stream()
                    .filter(each -> id.length() >= LEAST_CHARACTERS
                            && each.path("id").asText().startsWith(id))
                    .toList();
            if (found.size() != 1) {
                throw new Failure.NotFoundException(
                        found.isEmpty()
                                ? "there is no package '" + id + "'"
                                : "'" + id + "' fits " + found.size() + " packages; give more of the id");
            }
            JsonNode only = found.getFirst();
            if (!dryRun) {
                api.delete(ApiClient.path("client-packages", only.path("id").asText()));
            }
            out().println((dryRun ? "Would remove " : "Removed ") + label(only));
            return ExitCode.OK;
        }
    }
}
