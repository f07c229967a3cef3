package dev.holdfast.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs of qemu that know the formats of disks. */
final class QemuTools {
    private static final ObjectMapper JSON = new ObjectMapper();

    private QemuTools() {}

    /** Starts a program; its standard error goes to a file. */
    static Process start(List<String> command, Path errors) throws IOException {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectError(errors.toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw missing(command.getFirst(), e);
        }
    }

    private static IOException missing(String program, IOException e) {
        return new IOException(
                program + " could not be run; it comes with the package qemu-utils (Debian) or qemu-img (Red Hat): "
                        + e.getMessage(),
                e);
    }

    /** Runs {@code qemu-img} to its end, however long that takes. */
    static String img(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("qemu-img"));
        command.addAll(arguments);
        Command.Result result;
        try {
            result = Command.run(command, Integer.MAX_VALUE);
        } catch (IOException e) {
            throw missing("qemu-img", e);
        }
        if (result.code() != 0) {
            throw new IOException(
                    "qemu-img " + arguments.getFirst() + ": " + result.output().strip());
        }
        return result.output();
    }

    /** What {@code qemu-img info} tells of a file. */
    static JsonNode info(Path file, ImageFormat format) throws IOException {
        return JSON.readTree(
                img(List.of("info", "--output=json", "--force-share", "-f", format.qemu(), file.toString())));
    }
}
