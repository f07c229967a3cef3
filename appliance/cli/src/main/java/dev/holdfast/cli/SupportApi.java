package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.support.SupportFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The API as a support bundle asks it: opened when it is first needed, and not again where that fails. Used by one thread. */
final class SupportApi implements SupportFacts.Ask, AutoCloseable {
    private final Path root;
    private @Nullable ApiClient api;
    private @Nullable IOException unusable;

    SupportApi(Path root) {
        this.root = root;
    }

    @Override
    public JsonNode get(String path) throws IOException {
        return api().get(path);
    }

    private ApiClient api() throws IOException {
        ApiClient open = api;
        if (open != null) {
            return open;
        }
        if (unusable != null) {
            throw unusable;
        }
        try {
            DataDirectory directory = DataDirectory.open(root);
            open = new ApiClient(
                    ApplianceOptions.transport(
                            directory, new CredentialOptions(), new PrintWriter(PrintWriter.nullWriter())),
                    words -> TypedCommand.appliance(root, words));
            api = open;
            return open;
        } catch (IOException e) {
            unusable = e;
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        if (api != null) {
            api.close();
        }
    }
}
