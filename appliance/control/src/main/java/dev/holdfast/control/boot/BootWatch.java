package dev.holdfast.control.boot;

import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Watches a machine until it has shown all that a drill waits for. One thread's. */
final class BootWatch {
    private static final long NANOS = 1_000_000_000L;
    private static final long LOOK_MILLIS = 100;
    private static final long ASK_NANOS = NANOS;
    /** A processor that helped would have come further. */
    private static final long STUCK_NANOS = 45 * NANOS;

    private final BootMachine machine;
    private final TaskSpec.Boot spec;
    private final int hostPort;
    private final AgentProbe agent;
    private final Progress progress;
    private final long begun = System.nanoTime();
    /** Nano clock, as below; 0 for not yet. */
    private long portSeen;

    private long agentSeen;
    private long scriptBegun;
    private AgentProbe.@Nullable Ended script;
    private long askedAt;
    private String place = "";
    private long placeSince;

    /** Is told how far it is. */
    interface Progress {
        /** @throws java.util.concurrent.CancellationException where the drill should end */
        void waited(long seconds, long most);
    }

    /** The processor does not help as it should. */
    static final class KvmException extends IOException {
        KvmException(String message) {
            super(message);
        }
    }

    BootWatch(BootMachine machine, TaskSpec.Boot spec, int hostPort, Progress progress) {
        this.machine = machine;
        this.spec = spec;
        this.hostPort = hostPort;
        this.agent = new AgentProbe(BootCommand.agent(machine.directory()));
        this.progress = progress;
    }

    /** The nano clock at the first sign of life; 0 for none. */
    long began() {
        long first = 0;
        for (long each : new long[] {machine.console().began(), portSeen, agentSeen}) {
            first = each != 0 && (first == 0 || each - first < 0) ? each : first;
        }
        return first;
    }

    AgentProbe.@Nullable Ended script() {
        return script;
    }

    /**
     * Returns when all is there.
     *
     * @throws BootException where it does not come in time, or cannot come any more
     * @throws KvmException where the machine must run without KVM
     */
    void await() throws IOException {
        while (true) {
            long now = System.nanoTime();
            machine.requireAlive();
            if (now - askedAt >= ASK_NANOS || askedAt == 0) {
                askedAt = now;
                ask();
                progress.waited((System.nanoTime() - begun) / NANOS, spec.seconds());
            }
            List<Phrase> missing = missing();
            if (missing.isEmpty()) {
                return;
            }
            if (System.nanoTime() - begun > spec.seconds() * NANOS) {
                throw new BootException(late(missing));
            }
            BootMachine.pause(LOOK_MILLIS);
        }
    }

    private Phrase late(List<Phrase> missing) {
        Phrase why = began() == 0 ? Phrase.of("boot-drill.no-sign") : Phrase.of("boot-drill.too-slow");
        return why.with("seconds", (long) spec.seconds()).with("missing", missing);
    }

    private List<Phrase> missing() {
        List<Phrase> missing = new ArrayList<>();
        if (!spec.text().isEmpty() && machine.console().seen() == 0) {
            missing.add(Phrase.of("boot-drill.wait-text").with("text", spec.text()));
        }
        if (spec.port() != 0 && portSeen == 0) {
            missing.add(Phrase.of("boot-drill.wait-port").with("port", (long) spec.port()));
        }
        if (spec.agent() && agentSeen == 0) {
            missing.add(Phrase.of("boot-drill.wait-agent"));
        }
        if (!spec.script().isEmpty() && script == null) {
            missing.add(Phrase.of("boot-drill.wait-script"));
        }
        return missing;
    }

    private void ask() throws IOException {
        String status = machine.status();
        if (machine.kvm()) {
            requireProgress(status);
        }
        if (!status.equals("running")) {
            throw new BootException(Phrase.of("boot-drill.stopped").with("status", status));
        }
        if (spec.port() != 0 && portSeen == 0 && PortProbe.answers(machine, hostPort)) {
            portSeen = System.nanoTime();
        }
        if (spec.agent() && agentSeen == 0 && agent.answers()) {
            agentSeen = System.nanoTime();
        }
        if (agentSeen != 0 && !spec.script().isEmpty() && script == null) {
            runScript();
        }
    }

    private void runScript() throws IOException {
        if (scriptBegun == 0) {
            scriptBegun = agent.begin(spec.script());
            return;
        }
        Optional<AgentProbe.Ended> ended = agent.ended(scriptBegun);
        if (ended.isPresent()) {
            script = ended.get();
            if (script.code() != 0) {
                throw new BootException(Phrase.of("boot-drill.script")
                        .with("code", script.code())
                        .with("output", script.output()));
            }
        }
    }

    private void requireProgress(String status) throws IOException {
        if (status.equals("internal-error")) {
            throw new KvmException("KVM cannot run the machine");
        }
        String now = began() == 0 ? machine.place() : "";
        if (now.isEmpty() || !now.equals(place)) {
            place = now;
            placeSince = System.nanoTime();
        } else if (System.nanoTime() - placeSince > STUCK_NANOS) {
            throw new KvmException("the machine's processor stands still");
        }
    }
}
