package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.data.Machine;
import dev.holdfast.control.data.ProfileChange;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.volume.Room;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The hardware profile of the appliance: what it promises, and with how much memory. */
public final class ProfileUseCases {
    private final ControlDb control;
    private final Engine engine;
    private final ProfileChange change;
    private final AuditTrail audit;

    ProfileUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
        this.change = new ProfileChange(engine.directory());
        this.audit = new AuditTrail(control);
    }

    /**
     * The limits of a profile.
     *
     * @param memoryBytes that the appliance takes in all
     * @param heapBytes of the Java process, as in jvm.options
     */
    public record Limits(
            String name,
            String description,
            int nodes,
            long capacityBytes,
            int volumes,
            long bytesPerHour,
            long memoryBytes,
            long heapBytes) {
        private static Limits of(HardwareProfile profile) {
            return new Limits(
                    profile.name(),
                    profile.description(),
                    profile.nodes(),
                    profile.capacity().bytes(),
                    profile.maxVolumes(),
                    profile.throughputPerHour().bytes(),
                    profile.memory().budget().bytes(),
                    profile.memory().heap().bytes());
        }
    }

    /**
     * The profile, and what of it is used.
     *
     * @param next the profile that the next start uses
     * @param nodes that are enrolled
     * @param memoryBytes of the machine
     * @param shipped the names of the profiles that ship
     */
    public record Shown(
            Limits now,
            Limits next,
            boolean running,
            int nodes,
            int volumes,
            long usedBytes,
            long memoryBytes,
            List<String> shipped) {}

    /**
     * A profile to be set.
     *
     * @param name of a profile that ships; empty with {@code content}
     * @param content of a profile file, JSON
     */
    public record Wanted(
            @Bound(characters = 100) @Nullable String name,
            @Bound(characters = 100_000) @Nullable String content,
            @Nullable Boolean dryRun) {}

    /**
     * What was set.
     *
     * @param restart whether a running appliance uses it only once it was restarted
     * @param warnings what limits the appliance more than the profile does
     */
    public record Changed(Limits before, Limits after, boolean restart, List<String> warnings, boolean dryRun) {}

    public Shown show(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        return new Shown(
                Limits.of(engine.profile()),
                Limits.of(change.next()),
                engine.running(),
                nodes(),
                volumes(),
                engine.room().usedBytes(),
                Machine.ofThisProcess().memoryBytes(),
                HardwareProfile.BUILT_IN);
    }

    private int nodes() throws IOException {
        return (int) control.nodes().list().stream().filter(Node::active).count();
    }

    private int volumes() {
        return engine.directory().volumeList().all().size();
    }

    /** Sets the profile, which takes effect at the next start. */
    public Changed set(Actor actor, Wanted wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        byte[] content = wanted.content == null ? new byte[0] : wanted.content.getBytes(StandardCharsets.UTF_8);
        HardwareProfile profile = load(wanted, content);
        boolean dryRun = Boolean.TRUE.equals(wanted.dryRun);
        return engine.changing(() -> {
            HardwareProfile before = change.next();
            if (change.isSet(profile, content)) {
                throw UseCaseException.unchanged(Phrase.of("profile.same").with("profile", profile.name()));
            }
            List<Phrase> faults = faults(profile);
            if (!faults.isEmpty()) {
                throw audit.refused(
                        actor,
                        "profile set",
                        profile.name(),
                        UseCaseException.conflict(Phrase.of("profile.unfit")
                                .with("profile", profile.name())
                                .with("faults", faults)));
            }
            if (!dryRun) {
                change.set(profile, content);
                audit.note(actor, "profile set", profile.name(), "allowed; it was " + before.name());
            }
            return new Changed(Limits.of(before), Limits.of(profile), engine.running(), warnings(profile), dryRun);
        });
    }

    private static HardwareProfile load(Wanted wanted, byte[] content) throws UseCaseException {
        String name = wanted.name == null ? "" : wanted.name;
        try {
            if (content.length > 0) {
                return HardwareProfile.parse(Phrase.of("profile.in-request"), content);
            }
            if (HardwareProfile.BUILT_IN.contains(name)) {
                return HardwareProfile.load(name);
            }
        } catch (IOException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        throw UseCaseException.invalid(Phrase.of("profile.unknown")
                .with("profile", name)
                .with("profiles", String.join(", ", HardwareProfile.BUILT_IN)));
    }

    /** Why the appliance cannot have a profile. */
    private List<Phrase> faults(HardwareProfile profile) throws IOException {
        List<Phrase> faults = new ArrayList<>();
        int nodes = nodes();
        if (nodes > profile.nodes()) {
            faults.add(Phrase.of("profile.nodes").with("nodes", nodes).with("most", profile.nodes()));
        }
        if (volumes() > profile.maxVolumes()) {
            faults.add(Phrase.of("profile.volumes").with("volumes", volumes()).with("most", profile.maxVolumes()));
        }
        long used = engine.room().usedBytes();
        long capacity = profile.capacity().bytes();
        if (used > capacity) {
            faults.add(Phrase.of("profile.capacity").with("used", used).with("capacity", capacity));
        }
        long memory = Machine.ofThisProcess().memoryBytes();
        if (profile.memory().budget().bytes() > memory) {
            faults.add(Phrase.of("profile.memory")
                    .with("needed", profile.memory().budget().bytes())
                    .with("memory", memory));
        }
        return faults;
    }

    private List<String> warnings(HardwareProfile profile) throws IOException {
        Room room = engine.room();
        long fits = room.usedBytes() + room.freeBytes();
        return fits < profile.capacity().bytes()
                ? List.of("the file systems of the volumes have room for " + ByteText.of(fits) + ", and profile "
                        + profile.name() + " allows "
                        + ByteText.of(profile.capacity().bytes())
                        + ": backups are refused when the file systems are full (volume add DIR)")
                : List.of();
    }
}
