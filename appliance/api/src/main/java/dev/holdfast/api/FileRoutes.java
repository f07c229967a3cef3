package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.Preview;
import dev.holdfast.control.usecase.FileUseCases;
import java.io.IOException;
import java.util.List;

/** Single files of snapshots. */
final class FileRoutes {
    /** What others' machines stored must not act in this console's name, whatever it is. */
    static final String HARMLESS = "sandbox; default-src 'none'";

    private final FileUseCases files;
    private final Connections connections;

    FileRoutes(FileUseCases files, Connections connections) {
        this.files = files;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/nodes/{name}/versions",
                                Permission.BROWSE,
                                "The versions of ?path= in the snapshots of a node, the newest first",
                                FileUseCases.Versions.class,
                                call -> files.versions(
                                        call.actor(),
                                        call.path("name"),
                                        call.query("path", ""),
                                        call.moment("before"),
                                        call.limit()))
                        .query("path", "limit")
                        .moment("before")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/snapshots/{id}/preview",
                                Permission.RESTORE,
                                "The beginning of ?path= as text, in an ?encoding=, or that it is a picture",
                                Preview.class,
                                call -> files.preview(
                                        call.actor(),
                                        call.path("id"),
                                        call.query("path", ""),
                                        call.query("encoding", "")))
                        .query("path", "encoding")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/snapshots/{id}/picture",
                                Permission.RESTORE,
                                "The file ?path=, if it is a picture: PNG, JPEG, GIF or WebP",
                                Void.class,
                                this::picture)
                        .query("path")
                        .on(Route.Lane.DOWNLOAD),
                Route.get(
                                "/snapshots/{id}/content",
                                Permission.RESTORE,
                                "The content of the file ?path=",
                                Void.class,
                                this::content)
                        .query("path")
                        .on(Route.Lane.DOWNLOAD));
    }

    private Object picture(Call call) throws IOException {
        files.picture(call.actor(), call.path("id"), call.query("path", ""), sink(call, "inline"));
        return Route.STREAMED;
    }

    private Object content(Call call) throws IOException {
        // Without a name: nothing of the snapshot's gets into a header. The link of the console has it.
        files.content(call.actor(), call.path("id"), call.query("path", ""), sink(call, "attachment"));
        return Route.STREAMED;
    }

    private FileUseCases.Sink sink(Call call, String disposition) {
        return type -> {
            call.context().contentType(type);
            call.context().header("Content-Security-Policy", HARMLESS);
            call.context().header("Content-Disposition", disposition);
            call.context().disableCompression();
            return connections.paced(call.context(), call.context().outputStream());
        };
    }
}
