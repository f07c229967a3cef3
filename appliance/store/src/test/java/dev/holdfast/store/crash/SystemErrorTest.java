package dev.holdfast.store.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.StoreFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * System calls of a store process fail, those of RocksDB too: each kind, at its n-th call in each thread. The process
 * reports errors and goes on; what it was promised holds. Stores with SHA-256 and with BLAKE3 take turns. {@code -Dholdfast.errors.trials=N} tries more of the
 * combinations, {@code -Dholdfast.errors.seed=N} others.
 */
class SystemErrorTest {
    private static final int TRIALS = Integer.getInteger("holdfast.errors.trials", 8);
    private static final long SEED = Long.getLong("holdfast.errors.seed", 1);
    private static final int CALLS = 24;

    @TempDir
    Path dir;

    /** @param lasting whether every later call fails as well, as on a full disk */
    private record Injection(String call, String error, int number, boolean lasting) {
        String option() {
            return "inject=" + call + ":error=" + error + ":when=" + number + (lasting ? "+" : "");
        }
    }

    private static List<Injection> injections() {
        List<Injection> all = new ArrayList<>();
        for (int number = 1; number <= CALLS; number++) {
            for (String call :
                    List.of("pwrite64", "write", "fdatasync", "fsync", "rename", "ftruncate", "unlink", "mkdir")) {
                for (String error : List.of("ENOSPC", "EIO")) {
                    all.add(new Injection(call, error, number, false));
                    if (error.equals("ENOSPC") && !call.equals("unlink")) {
                        all.add(new Injection(call, error, number, true));
                    }
                }
            }
        }
        java.util.Collections.shuffle(all, new Random(SEED));
        // One finding again: call:error:number.
        String only = System.getProperty("holdfast.errors.only");
        if (only != null) {
            all.removeIf(i -> !only.equals(i.call + ":" + i.error + ":" + i.number));
        }
        return all;
    }

    @Test
    void failingSystemCallsHurtNothingThatWasPromised() throws Exception {
        int failures = 0;
        int tried = 0;
        for (Injection injection :
                injections().subList(0, Math.min(TRIALS, injections().size()))) {
            Path work = Files.createDirectory(
                    dir.resolve(injection.call + injection.error + injection.number + injection.lasting));
            HashAlgorithm hash = HashAlgorithm.values()[tried++ % HashAlgorithm.values().length];
            StoreFixture fixture = new StoreFixture(work.resolve("store"), hash);
            Path markers = work.resolve("marks");
            List<String> command = new ArrayList<>(StoreWorkload.command(fixture.data, markers, SEED, 2));
            command.add("wait");
            Path out = work.resolve("out");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            awaitText(out, "ready", process);
            Path attached = work.resolve("attached");
            Process strace = new ProcessBuilder(
                            "strace",
                            "-f",
                            "-p",
                            Long.toString(process.pid()),
                            "-o",
                            "/dev/null",
                            "-e",
                            "trace=" + injection.call,
                            "-e",
                            injection.option())
                    .redirectErrorStream(true)
                    .redirectOutput(attached.toFile())
                    .start();
            awaitText(attached, "attached", strace);
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            int code = process.waitFor();
            strace.waitFor();
            String printed = Files.readString(out);
            assertThat(code).as(injection + ": " + printed).isZero();
            failures += printed.contains("failed:") ? 1 : 0;
            Promises promises = new Promises();
            if (Files.exists(markers)) {
                Files.readAllLines(markers).forEach(promises::add);
            }
            Promises.survives(fixture.data, promises, hash + ", " + injection + ", which printed " + printed);
        }
        System.out.println(Math.min(TRIALS, injections().size()) + " injections, seed " + SEED + ", " + failures
                + " of them noticed by the store");
        assertThat(failures).isPositive();
    }

    private static void awaitText(Path file, String text, Process process) throws IOException, InterruptedException {
        while (!Files.exists(file) || !Files.readString(file).contains(text)) {
            assertThat(process.isAlive()).as(Files.readString(file)).isTrue();
            Thread.sleep(10);
        }
    }
}
