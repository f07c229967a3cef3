package dev.holdfast.server;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.ConsoleCertificate;
import dev.holdfast.control.usecase.StatusUseCases;
import dev.holdfast.server.net.Listener;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Figures that outlive the process: a command shows them where no appliance runs.
 *
 * @param console what console and API show; empty where they are not served
 */
record PublishedStatus(
        ControlDb control,
        Store store,
        Listener listener,
        Supplier<Optional<ConsoleCertificate>> console,
        InstantSource clock) {
    private static final System.Logger LOG = System.getLogger(PublishedStatus.class.getName());

    void publish() {
        try {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("usedBytes", Long.toString(store.usedBytes()));
            values.put("chunks", Long.toString(store.chunks()));
            values.put("snapshots", Long.toString(store.manifests().count()));
            values.put("connections", Integer.toString(listener.connections()));
            values.put("backupsRunning", Integer.toString(listener.backups()));
            values.put("updated", Long.toString(clock.millis()));
            values.put(
                    StatusUseCases.API_CERTIFICATE_ENDS,
                    Long.toString(console.get()
                            .flatMap(ConsoleCertificate::watched)
                            .map(each -> each.endsAt().toEpochMilli())
                            .orElse(0L)));
            control.status().put(values);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "status could not be written", e);
        }
    }
}
