package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.BrowseUseCases;
import dev.holdfast.control.usecase.ImageFileUseCases;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Files on the disks of snapshots. */
final class ImageFileRoutes {
    private final ImageFileUseCases files;
    private final Connections connections;

    ImageFileRoutes(ImageFileUseCases files, Connections connections) {
        this.files = files;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/snapshots/{id}/file-systems",
                                Permission.BROWSE,
                                "The file systems on the disks of a snapshot; the first request may take a minute",
                                ImageFileUseCases.FileSystems.class,
                                call -> files.fileSystems(call.actor(), call.path("id")))
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/snapshots/{id}/file-systems/files",
                                Permission.BROWSE,
                                "A directory of a ?file-system=: ?path=, ?after= for what is behind a name",
                                BrowseUseCases.Listing.class,
                                call -> files.list(
                                        call.actor(),
                                        call.path("id"),
                                        call.query("file-system", ""),
                                        call.query("path", ""),
                                        call.query("after", ""),
                                        call.limit()))
                        .query("file-system", "path", "after", "limit")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/snapshots/{id}/file-systems/search",
                                Permission.BROWSE,
                                "Names in a ?file-system=, below ?path=, that contain ?name=",
                                ImageFileUseCases.Matches.class,
                                call -> files.search(
                                        call.actor(),
                                        call.path("id"),
                                        call.query("file-system", ""),
                                        call.query("path", ""),
                                        call.query("name", ""),
                                        call.limit()))
                        .query("file-system", "path", "name", "limit")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/snapshots/{id}/file-systems/content",
                                Permission.RESTORE,
                                "The content of the file ?path= of a ?file-system=",
                                Void.class,
                                this::content)
                        .query("file-system", "path")
                        .on(Route.Lane.STREAM),
                Route.get(
                                "/snapshots/{id}/file-systems/archive",
                                Permission.RESTORE,
                                "Files and directories of a ?file-system=, each ?path=, as a tar archive",
                                Void.class,
                                this::archive)
                        .query("file-system", "path")
                        .on(Route.Lane.STREAM));
    }

    private Object content(Call call) throws IOException {
        files.content(
                call.actor(),
                call.path("id"),
                call.query("file-system", ""),
                call.query("path", ""),
                sink(call, "application/octet-stream", ""));
        return Route.STREAMED;
    }

    private Object archive(Call call) throws IOException {
        files.archive(
                call.actor(),
                call.path("id"),
                call.query("file-system", ""),
                call.queries("path"),
                sink(call, "application/x-tar", ".tar"));
        return Route.STREAMED;
    }

    private BrowseUseCases.Sink sink(Call call, String type, String ending) {
        return (UUID snapshot) -> {
            // A name of our own making: nothing of the image's gets into a header.
            String name = "; filename=\"files-" + snapshot.toString().substring(0, 8) + ending + "\"";
            return call.stream(
                    connections,
                    type,
                    Map.of(
                            "Content-Security-Policy",
                            FileRoutes.HARMLESS,
                            "Content-Disposition",
                            "attachment" + (ending.isEmpty() ? "" : name)));
        };
    }
}
