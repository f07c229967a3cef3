package dev.holdfast.agent.service;

import dev.holdfast.agent.install.Installation;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.upgrade.PackageDownload;
import dev.holdfast.agent.upgrade.UpgradeFiles;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseRefusedException;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.wire.Job;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * An upgrade of this client: fetches a package, verifies it, hands it to the installer, and waits. The installer ends this
 * process; the service of the new version, or of the previous one, goes on with {@link Awaiting}.
 */
record UpgradeWork(Upgrades upgrades, Job.Upgrade job) implements Order.Work {
    private static final int MAX_ATTEMPTS = 30;
    private static final int MAX_WAIT_SECONDS = 20;

    @Override
    public String run(Order order) throws IOException, InterruptedException {
        Installation installation = upgrades.installation();
        installation.requireOrigin();
        String from = installation.version().text();
        if (job.version().equals(from)) {
            return result(from, from);
        }
        ReleaseSignature signature = choose(installation);
        ReleasePackage about = signature.about();
        Path part = fetch(order, about);
        order.note(about.label() + " was fetched and verified");
        UpgradeFiles.Pending pending = new UpgradeFiles.Pending(order.task, job.version(), from);
        upgrades.files().handOver(pending, signature, part);
        return new Awaiting(upgrades, pending).run(order);
    }

    /** Resumes where the connection was lost. */
    private Path fetch(Order order, ReleasePackage about) throws IOException, InterruptedException {
        Path state = upgrades.state();
        PackageDownload download = new PackageDownload(upgrades.files(), order.task, about);
        for (int attempt = 1; ; attempt++) {
            try (Appliance appliance = new Appliance(Identity.load(state), state)) {
                return download.run(
                        appliance.control(),
                        at -> order.progress(() -> Progress.towards("bytes of the package", at, about.size(), null)));
            } catch (ConnectionLostException e) {
                if (attempt == MAX_ATTEMPTS) {
                    throw e;
                }
                order.note(e.getMessage() + "; resuming");
                TimeUnit.SECONDS.sleep(Math.min(attempt, MAX_WAIT_SECONDS));
            }
        }
    }

    static String result(String from, String to) throws IOException {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("from", from);
        told.put("version", to);
        return FlatJson.write(told, false);
    }

    /** The signature for this installation, of those that are offered. */
    private ReleaseSignature choose(Installation installation) throws IOException {
        IOException refused = new ReleaseRefusedException(Phrase.of("client.no-package")
                .with("version", job.version())
                .with("architecture", installation.requireOrigin().architecture())
                .with("kind", installation.requireOrigin().kind().text()));
        for (String text : job.signatures()) {
            ReleaseSignature signature = ReleaseSignature.parse(text);
            Installation.Origin own = installation.requireOrigin();
            ReleasePackage about = signature.about();
            if (!about.architecture().equals(own.architecture())
                    || about.kind() != own.kind()
                    || !about.version().text().equals(job.version())) {
                continue;
            }
            try {
                installation.requireReplaceableBy(signature, upgrades.allowDowngrade());
                return signature;
            } catch (ReleaseRefusedException e) {
                refused = e;
            }
        }
        throw refused;
    }

    /** Waits for the end of an upgrade that was handed to the installer. */
    record Awaiting(Upgrades upgrades, UpgradeFiles.Pending pending) implements Order.Work {
        private static final long LOOK_MILLIS = 200;
        /** The unit of the installer begins at once, if there is one. */
        private static final Duration BEGIN = Duration.ofMinutes(2);

        @Override
        public String run(Order order) throws IOException, InterruptedException {
            order.progress(() -> Progress.step("installing"));
            long begun = System.nanoTime();
            while (true) {
                Optional<String> end = look(System.nanoTime() - begun);
                if (end.isPresent()) {
                    return end.get();
                }
                try {
                    TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
                } catch (InterruptedException e) {
                    // The installer ends this process; only an order to cancel takes the package back.
                    if (upgrades.closing() || upgrades.files().withdraw()) {
                        throw e;
                    }
                    order.note("the installer has begun, and cannot be cancelled any more");
                }
            }
        }

        /** The result, empty where it must be waited for. */
        private Optional<String> look(long waitedNanos) throws IOException {
            UpgradeFiles files = upgrades.files();
            boolean upgraded = upgrades.installation().version().text().equals(pending.version());
            if (upgraded && files.confirm()) {
                return Optional.of(result(pending.from(), pending.version()));
            }
            Optional<String> failure = files.failure();
            if (failure.isPresent()) {
                throw new IOException(failure.get());
            }
            if (waitedNanos > BEGIN.toNanos() && files.isWaiting() && files.withdraw()) {
                throw new PhrasedException(Phrase.of("client.installer-not-begun")
                        .with("command", "systemctl enable --now holdfast-upgrade.path"));
            }
            if (waitedNanos > UpgradeFiles.LONGEST.toNanos()) {
                // Otherwise an installer that wakes up would install a version whose upgrade has failed.
                files.giveUp();
                throw new PhrasedException(
                        Phrase.of("client.installer-not-ended").with("hours", UpgradeFiles.LONGEST.toHours()));
            }
            return Optional.empty();
        }
    }
}
