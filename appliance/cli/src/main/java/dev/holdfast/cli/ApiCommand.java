package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that calls the API: it parses its options, calls, and prints. */
abstract class ApiCommand implements Callable<Integer> {
    @Mixin
    private final ApplianceOptions appliance = new ApplianceOptions();

    @Spec
    private @Nullable CommandSpec spec;

    /** One that changes something, and prints nothing where that went well. */
    abstract static class Acting extends ApiCommand {
        abstract void act(ApiClient api) throws Exception;

        @Override
        final int run(ApiClient api) throws Exception {
            act(api);
            return ExitCode.OK;
        }
    }

    /** One that prints what the API has: as JSON just so, or for people. */
    abstract static class Printing<T> extends ApiCommand {
        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        abstract T find(ApiClient api) throws Exception;

        /** What people read. */
        abstract void print(PrintWriter out, T found) throws Exception;

        int code(T found) {
            return ExitCode.OK;
        }

        @Override
        final int run(ApiClient api) throws Exception {
            T found = find(api);
            if (json) {
                Output.json(out(), found);
            } else {
                print(out(), found);
            }
            return code(found);
        }
    }

    /** One that prints a list. */
    abstract static class Listing extends Printing<List<JsonNode>> {}

    /** Returns the exit code. */
    abstract int run(ApiClient api) throws Exception;

    /** How keys are opened where no appliance runs; commands that need them have options for it. */
    CredentialOptions credentials() {
        return new CredentialOptions();
    }

    /** The command that lists what can be named here; empty where none does. */
    List<String> lists() {
        return List.of();
    }

    /** @param what works only on the appliance's own machine */
    final DataDirectory directory(String what) throws IOException {
        return appliance.directory(what);
    }

    @Override
    public final Integer call() throws Exception {
        try (ApiClient api = appliance.connect(credentials(), err())) {
            try {
                return run(api);
            } catch (Failure.NotFoundException e) {
                List<String> see = lists();
                throw see.isEmpty()
                        ? e
                        : new Failure.NotFoundException(
                                e.getMessage() + "; see: " + api.command(see.toArray(String[]::new)));
            }
        }
    }

    final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
