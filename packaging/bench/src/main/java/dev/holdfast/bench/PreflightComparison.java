package dev.holdfast.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.crypto.NativeCrypto;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What preflight predicts of the processors against what an appliance does: bytes of content of a second of all cores. Clients
 * use the same cores, so the appliance's is its rate per core second times the cores.
 */
public final class PreflightComparison {
    private static final int CLIENTS = 8;
    private static final double SECONDS_OF_HOUR = 3600;

    private PreflightComparison() {}

    public static void main(String[] arguments) throws Exception {
        NativeCrypto.install();
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        int seconds = Integer.parseInt(arguments[1]);
        // As users run it: with the JVM's options of the product.
        Process preflight = new ProcessBuilder(
                        Rig.launcher(), "appliance", "preflight", "--volume", directory.toString(), "--json")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        JsonNode prediction =
                new ObjectMapper().readTree(preflight.getInputStream()).path("prediction");
        preflight.waitFor();
        ApplianceLoad.PerCore measured = ApplianceLoad.measure(directory.resolve("load"), CLIENTS, seconds);
        int cores = Runtime.getRuntime().availableProcessors();
        print("backup", prediction.path("newByProcessors").asDouble() / SECONDS_OF_HOUR, cores * measured.in());
        print("restore", prediction.path("restoreByProcessors").asDouble() / SECONDS_OF_HOUR, cores * measured.out());
    }

    private static void print(String what, double predicted, double measured) {
        System.out.printf(
                "%-8s predicted %.0f MB/s, measured %.0f MB/s: %.2f of it%n",
                what, predicted / 1e6, measured / 1e6, predicted / measured);
    }
}
