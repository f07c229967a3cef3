package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.BrowseUseCases;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.List;

/** Files in snapshots. */
final class BrowseRoutes {
    private final BrowseUseCases browse;
    private final Connections connections;

    BrowseRoutes(BrowseUseCases browse, Connections connections) {
        this.browse = browse;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/snapshots/{id}/sources",
                        Permission.BROWSE,
                        "The directories and files that a snapshot was made of",
                        BrowseUseCases.Sources.class,
                        call -> browse.sources(call.actor(), call.path("id"))),
                Route.get(
                                "/snapshots/{id}/files",
                                Permission.BROWSE,
                                "A directory of a snapshot: ?path=, ?after= for what is behind a name",
                                BrowseUseCases.Listing.class,
                                call -> browse.list(
                                        call.actor(),
                                        call.path("id"),
                                        call.query("path", ""),
                                        call.query("after", ""),
                                        call.limit()))
                        .query("path", "after", "limit"),
                Route.get(
                                "/snapshots/{id}/search",
                                Permission.BROWSE,
                                "Names in a snapshot that contain ?name=",
                                BrowseUseCases.Listing.class,
                                call -> browse.search(
                                        call.actor(),
                                        call.path("id"),
                                        call.query("name", ""),
                                        call.query("after", ""),
                                        call.limit()))
                        .query("name", "after", "limit")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/snapshots/{id}/archive",
                                Permission.RESTORE,
                                "Parts of a snapshot, each ?path=, as a ?format=tar or zip",
                                Void.class,
                                this::archive)
                        .query("path", "format")
                        .on(Route.Lane.DOWNLOAD),
                Route.get(
                                "/search",
                                Permission.BROWSE,
                                "Names in all snapshots of ?node= that contain ?name=, each version once, the newest first",
                                BrowseUseCases.Versions.class,
                                call -> browse.versions(
                                        call.actor(),
                                        call.query("node", ""),
                                        call.query("name", ""),
                                        call.query("after", ""),
                                        call.limit()))
                        .query("node", "name", "after", "limit")
                        .on(Route.Lane.SEARCH));
    }

    private Object archive(Call call) throws IOException {
        BrowseUseCases.Format format = switch (call.query("format", "tar")) {
            case "tar" -> BrowseUseCases.Format.TAR;
            case "zip" -> BrowseUseCases.Format.ZIP;
            default -> throw Problem.invalid(Phrase.of("api.format"));
        };
        boolean zip = format == BrowseUseCases.Format.ZIP;
        browse.export(call.actor(), call.path("id"), call.queries("path"), format, snapshot -> {
            call.context().contentType(zip ? "application/zip" : "application/x-tar");
            // A name of our own making: nothing of the snapshot's gets into a header.
            call.context()
                    .header(
                            "Content-Disposition",
                            "attachment; filename=\"snapshot-"
                                    + snapshot.toString().substring(0, 8) + (zip ? ".zip" : ".tar") + "\"");
            call.context().disableCompression();
            return connections.paced(call.context(), call.context().outputStream());
        });
        return Route.STREAMED;
    }
}
