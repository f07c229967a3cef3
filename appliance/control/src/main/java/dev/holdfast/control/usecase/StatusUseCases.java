package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.health.Verdict;
import dev.holdfast.control.task.RoomWatch;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.store.volume.Room;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether the appliance runs, how full it is and what it holds. */
public final class StatusUseCases {
    /** Under this name the running appliance tells when the administrator's own certificate ends, ms since 1970; 0 for none. */
    public static final String API_CERTIFICATE_ENDS = "apiCertificateEnds";

    private final ControlDb control;
    private final Engine engine;
    private final ClientAddress address;
    private final X509Certificate authority;
    private final Assessments assessments;

    /** @param authority the certificate of the appliance's authority */
    StatusUseCases(
            ControlDb control,
            Engine engine,
            ClientAddress address,
            X509Certificate authority,
            Assessments assessments) {
        this.control = control;
        this.engine = engine;
        this.address = address;
        this.authority = authority;
        this.assessments = assessments;
    }

    /**
     * The appliance.
     *
     * @param pid of its process, 0 where none runs
     * @param host where clients reach it, empty where none runs
     * @param port that clients connect to, 0 where none runs
     * @param figures what is used and left, in words
     * @param capacityBytes the lesser of what the profile allows and what the file systems hold
     * @param leftBytes that backups may still write
     * @param authorityEndsAt when the certificate of the appliance's authority ends, and with it all that it issued
     * @param apiCertificateEndsAt when the administrator's own certificate for console and API ends; null where the authority's
     *     is used, which is renewed by itself
     * @param readOnly the directory that is only read, where the appliance was started for rescue; else null
     * @param missingVolumes what is wrong with the volumes that it does without then
     * @param verdict all in one sentence
     * @param needs what is wrong, the worst first
     */
    public record Status(
            boolean running,
            long pid,
            String host,
            int port,
            String profile,
            String description,
            long usedBytes,
            long capacityBytes,
            long leftBytes,
            long profileBytes,
            String figures,
            long chunks,
            long snapshots,
            long connections,
            long backupsRunning,
            long nodes,
            int maxNodes,
            Instant authorityEndsAt,
            @Nullable Instant apiCertificateEndsAt,
            @Nullable String readOnly,
            List<String> missingVolumes,
            Verdict verdict,
            List<Need> needs) {}

    public Status status(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        HardwareProfile profile = engine.profile();
        Map<String, String> told = control.status().all();
        Room room = engine.room();
        boolean running = engine.running();
        Optional<DataDirectory.Rescued> rescued = engine.directory().rescued();
        Assessments.Assessment assessed = assessments.of(actor);
        long ownEnds = number(told, API_CERTIFICATE_ENDS);
        return new Status(
                running,
                running ? ProcessHandle.current().pid() : 0,
                address.host(),
                address.port(),
                profile.name(),
                profile.description(),
                room.usedBytes(),
                room.capacityBytes(),
                room.leftBytes(),
                room.profileBytes(),
                RoomWatch.figures(room).english(),
                engine.chunks(),
                engine.countSnapshots(),
                number(told, "connections"),
                number(told, "backupsRunning"),
                control.nodes().list().stream().filter(Node::active).count(),
                profile.nodes(),
                authority.getNotAfter().toInstant(),
                running && ownEnds != 0 ? Instant.ofEpochMilli(ownEnds) : null,
                rescued.map(each -> each.source().toString()).orElse(null),
                rescued.map(each -> List.copyOf(each.missing().values())).orElse(List.of()),
                assessed.verdict(),
                assessed.needs());
    }

    private static long number(Map<String, String> told, String name) {
        return Long.parseLong(told.getOrDefault(name, "0"));
    }
}
