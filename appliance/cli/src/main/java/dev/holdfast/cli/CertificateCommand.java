package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

@Command(
        name = "certificate",
        mixinStandardHelpOptions = true,
        description = {
            "The certificate of console and API: one of the appliance's own authority, one that was uploaded in the console's"
                    + " settings, or that of 'run --api-certificate'."
        },
        subcommands = {CertificateCommand.Show.class, CertificateCommand.Reset.class, CommandLine.HelpCommand.class})
final class CertificateCommand {
    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Shows what browsers see now: needs a running appliance that serves the console.")
    static final class Show extends ApiCommand.Printing<JsonNode> {
        @Override
        JsonNode find(ApiClient api) throws IOException {
            return api.get("/certificate");
        }

        @Override
        void print(PrintWriter out, JsonNode shown) {
            String file = shown.path("file").asText();
            out.println("source       " + shown.path("source").asText() + (file.isEmpty() ? "" : ", " + file));
            out.println("subject      " + shown.path("subject").asText());
            out.println("issuer       " + shown.path("issuer").asText());
            for (JsonNode each : shown.path("names")) {
                out.println("name         " + each.asText());
            }
            out.println("valid until  " + Output.time(shown.path("validUntil"), "never"));
            out.println("fingerprint  " + shown.path("fingerprint").asText());
        }
    }

    @Command(
            name = "reset",
            mixinStandardHelpOptions = true,
            description = {
                "Deletes a certificate that was uploaded in the console, with its key, and returns to one of the appliance's own"
                        + " authority, from the next connection on.",
                "For a console that browsers refuse since the upload. An upload is stored by the console alone."
            })
    static final class Reset extends ApiCommand.Acting {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete("/certificate");
        }
    }
}
