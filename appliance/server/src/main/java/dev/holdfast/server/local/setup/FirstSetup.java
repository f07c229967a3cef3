package dev.holdfast.server.local.setup;

import dev.holdfast.control.access.Users;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.FirstVolumes;
import dev.holdfast.control.data.Machine;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.ServerNames;
import dev.holdfast.control.setup.SetupRecord;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.RecoveryUseCases;
import dev.holdfast.control.usecase.SetupUseCases;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.server.Progress;
import dev.holdfast.server.StoppedAppliance;
import dev.holdfast.server.local.ApplianceSetup;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Keyring;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The first setup of an appliance in a data directory. One thread's. */
public final class FirstSetup {
    private final Path data;
    private final Machine machine;
    private final Served served;

    /** @param data which need not exist */
    public FirstSetup(Path data, Machine machine, Served served) {
        this.data = data;
        this.machine = machine;
        this.served = served;
    }

    /** How far the setup got. */
    public enum State {
        /** There is no appliance. */
        NEW,
        /** There is one, and steps are left. */
        UNFINISHED,
        /** The setup ended, or {@code init} made the appliance. */
        FINISHED
    }

    public State state() throws IOException {
        if (!DataDirectory.exists(data)) {
            return State.NEW;
        }
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            return new SetupRecord(control).unfinished() ? State.UNFINISHED : State.FINISHED;
        }
    }

    /** What is open on an appliance that is set up. Changes nothing. */
    public SetupUseCases.Shown open(Progress progress) throws IOException {
        try (StoppedAppliance appliance =
                new StoppedAppliance(DataDirectory.open(data), CredentialFiles.UNATTENDED, progress)) {
            return appliance.useCases().setup().show(Actor.ADMINISTRATOR);
        }
    }

    /** Confirms that somebody has the recovery key, by a file with it. An appliance may run. */
    public void confirmRecoveryKey(Path file, Progress progress) throws IOException {
        String key = Files.readString(file, StandardCharsets.ISO_8859_1);
        try (StoppedAppliance appliance =
                new StoppedAppliance(DataDirectory.open(data), CredentialFiles.UNATTENDED, progress)) {
            appliance.useCases().recovery().confirm(Actor.ADMINISTRATOR, new RecoveryUseCases.TypedKey(key));
        }
    }

    /**
     * What a setup would make.
     *
     * @param profile that was chosen, with the {@code reasons}
     * @param certificate names and addresses
     * @param warnings what is unwise
     */
    public record Plan(
            String data,
            String profile,
            String description,
            List<String> reasons,
            List<String> volumes,
            List<String> certificate,
            String clients,
            @Nullable String console,
            List<String> warnings) {}

    /** The profile that fits the machine with such volumes. */
    public ProfileChoice profile(List<Path> volumes) throws IOException {
        return ProfileChoice.of(machine, new FirstVolumes(data, volumes, new LocalDisk()).freeBytes());
    }

    /**
     * Looks for all that is wrong with answers before anything is made. Changes nothing.
     *
     * @throws IllegalArgumentException with all that is wrong
     * @throws IOException where the data directory cannot become an appliance
     */
    public Plan check(SetupAnswers answers) throws IOException {
        FirstVolumes volumes = new FirstVolumes(data, answers.volumes(), new LocalDisk());
        volumes.requireDataDirectory();
        List<String> warnings = new ArrayList<>();
        Faults faults = new Faults();
        List<FirstVolumes.Looked> looked = volumes.look();
        looked.forEach(each -> {
            each.faults().forEach(faults::add);
            warnings.addAll(each.warnings());
        });
        boolean auto = answers.profile().equals(SetupAnswers.AUTO);
        List<String> reasons = auto ? profile(answers.volumes()).reasons() : List.of();
        String name = auto ? profile(answers.volumes()).profile() : answers.profile();
        HardwareProfile profile = load(name);
        fits(profile, looked.size(), volumes, faults, warnings);
        answers.names().forEach(each -> faults.check(() -> ServerNames.check(each)));
        faults.check(() -> Users.requireGood(
                answers.administrator().name(),
                answers.administrator().password().made()
                        ? "a password that is made up"
                        : answers.administrator().password().text()));
        new StepCheck(data, volumes.interrupted()).check(answers, looked, faults, warnings);
        faults.throwAny();
        if (!served.toOthers()) {
            warnings.add("the appliance is configured to listen on "
                    + served.listen().getHostString()
                    + ", where no other machine reaches it; start it with --listen 0.0.0.0:8807, or set 'listen' in the"
                    + " configuration");
        }
        return new Plan(
                data.toAbsolutePath().normalize().toString(),
                name,
                profile.description(),
                reasons,
                looked.stream()
                        .map(each -> each.path() + " (" + ByteText.of(each.freeBytes()) + " free of "
                                + ByteText.of(each.totalBytes()) + ")")
                        .toList(),
                certificate(answers.names()),
                clients(answers.names()),
                console(answers.names()),
                List.copyOf(warnings));
    }

    private static HardwareProfile load(String name) {
        try {
            return HardwareProfile.load(name);
        } catch (IOException e) {
            throw new IllegalArgumentException(Objects.requireNonNullElse(e.getMessage(), name), e);
        }
    }

    private void fits(HardwareProfile profile, int count, FirstVolumes volumes, Faults faults, List<String> warnings)
            throws IOException {
        if (count > profile.maxVolumes()) {
            faults.add("profile " + profile.name() + " has at most " + profile.maxVolumes() + " volumes, not " + count);
        }
        if (profile.memory().budget().bytes() > machine.memoryBytes()) {
            faults.add("profile " + profile.name() + " needs "
                    + ByteText.of(profile.memory().budget().bytes()) + " of memory, and this machine has "
                    + ByteText.of(machine.memoryBytes()) + "; choose a smaller one");
        }
        long room = volumes.freeBytes(profile.reservePercent());
        if (room == 0) {
            faults.add("no backup could be stored: the file systems of the volumes have too little room besides their"
                    + " reserve of " + profile.reservePercent() + " %. Make room there, or name other volumes");
        } else if (room < profile.capacity().bytes()) {
            warnings.add("the volumes have room for " + ByteText.of(room) + "; profile " + profile.name() + " allows "
                    + ByteText.of(profile.capacity().bytes()));
        }
    }

    private List<String> certificate(List<String> names) {
        return ServerNames.of(served.listen(), names).texts();
    }

    private static String host(List<String> names) {
        String host = names.isEmpty() ? HostName.own() : names.getFirst();
        return host.contains(":") ? "[" + host + "]" : host;
    }

    private String clients(List<String> names) {
        return "https://" + host(names) + ":" + served.listen().getPort();
    }

    private @Nullable String console(List<String> names) {
        return served.api() == null
                ? null
                : "https://" + host(names) + ":" + served.api().getPort();
    }

    /** Shows the recovery sheet to the administrator, who keeps it. */
    public interface Showing {
        /**
         * Shows it.
         *
         * @return whether somebody proved to have it
         * @throws IOException where it could not be shown: then there is no appliance
         */
        boolean show(RecoverySheet sheet) throws IOException;
    }

    /**
     * Makes the appliance. There is none before the recovery sheet was written and shown; what an interrupted attempt left is
     * removed first.
     *
     * @param plan as {@link #check} made it of the same answers
     */
    public void create(SetupAnswers answers, Plan plan, Showing showing) throws IOException {
        ApplianceSetup.init(
                data, plan.profile, answers.volumes(), answers.passphraseFile(), HashAlgorithm.NEWEST, made -> {
                    RecoverySheet sheet = new RecoverySheet(made, HostName.own());
                    if (answers.recoverySheet() != null) {
                        AtomicFile.write(
                                answers.recoverySheet(), sheet.text().getBytes(StandardCharsets.US_ASCII), true);
                    }
                    boolean confirmed = showing.show(sheet);
                    begin(answers, confirmed);
                });
    }

    /** Before there is an appliance, so that whoever finds one knows what is left to do. */
    private void begin(SetupAnswers answers, boolean confirmed) throws IOException {
        try (ControlDb control = new ControlDb(data.resolve("control.db"))) {
            SetupRecord record = new SetupRecord(control);
            if (confirmed) {
                record.confirm(Keyring.read(data.resolve("keys").resolve("keyring.json")));
            }
            record.begin(answers.names());
        }
    }

    /**
     * The steps that are left. Holds the data directory until it is closed.
     *
     * @param passphraseFile null where the appliance starts unattended
     * @throws UseCaseException where another process uses the data directory
     */
    public SetupSteps steps(@Nullable Path passphraseFile, Progress progress) throws IOException {
        DataDirectory directory = DataDirectory.open(data);
        return new SetupSteps(
                directory,
                new CredentialFiles(passphraseFile, null, null),
                new ServiceStart(data, served, System.getenv()),
                progress);
    }

    /** By which the appliance is reached, as an earlier part of the setup was told. */
    public Reached reached() throws IOException {
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            List<String> names = new SetupRecord(control).names();
            return new Reached(clients(names), console(names));
        }
    }

    /** @param console null where it is not served */
    public record Reached(String clients, @Nullable String console) {}

    /** All that is wrong, so that it can be mended at once. */
    static final class Faults {
        private final List<String> all = new ArrayList<>();

        interface Check {
            void run() throws IOException;
        }

        void add(String fault) {
            if (!all.contains(fault)) {
                all.add(fault);
            }
        }

        /** Notes why it fails. */
        void check(Check check) {
            try {
                check.run();
            } catch (NoSuchFileException e) {
                add(e.getFile() + " does not exist");
            } catch (AccessDeniedException e) {
                add(e.getFile() + ": permission denied for user " + System.getProperty("user.name"));
            } catch (IOException | IllegalArgumentException e) {
                add(Objects.requireNonNullElse(e.getMessage(), e.toString()));
            }
        }

        void throwAny() {
            if (!all.isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", all));
            }
        }
    }
}
