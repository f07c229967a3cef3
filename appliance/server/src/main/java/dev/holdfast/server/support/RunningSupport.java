package dev.holdfast.server.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.LocalApi;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.SupportUseCases;
import dev.holdfast.protocol.support.Bundle;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Support bundles of a running appliance, for the console: the same as the command's, but for its configuration. */
public final class RunningSupport implements SupportUseCases.Source {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path root;
    private final Supplier<LocalApi> api;

    /** @param api asked when a bundle is made */
    public RunningSupport(Path root, Supplier<LocalApi> api) {
        this.root = root;
        this.api = api;
    }

    @Override
    public void write(OutputStream out, int days, boolean fileNames) throws IOException {
        LocalApi local = api.get();
        SupportFacts facts = new SupportFacts(root, fileNames, path -> get(local, path));
        Bundle bundle = facts.bundle()
                .add(
                        "configuration.txt",
                        "where the configuration is",
                        () -> "not in a bundle from the console; run: holdfast-appliance config check\n");
        facts.addTo(bundle, days);
        bundle.write(out);
    }

    private static JsonNode get(LocalApi api, String path) throws IOException {
        LocalApi.Answer answer = api.call(Actor.ADMINISTRATOR, "GET", path, new byte[0]);
        JsonNode told = JSON.readTree(answer.body());
        if (answer.status() != 200) {
            throw new IOException(told.path("detail").asText("status " + answer.status()));
        }
        return told;
    }
}
