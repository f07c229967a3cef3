package dev.holdfast.agent.vm;

import dev.holdfast.agent.vm.VmDisks.Told;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The agent of QEMU in a machine of libvirt, if there is one, by libvirt. A backup never depends on it. */
final class LibvirtAgent {
    private static final int FREEZE_SECONDS = 60;
    private static final Pattern FROZE = Pattern.compile("Froze (\\d+) filesystem");
    /** The agent says no and lets go itself what it held, or the command never reached it. */
    private static final Pattern REFUSED = Pattern.compile("unable to execute QEMU agent command"
            + "|guest agent is not (connected|configured)|domain is not running|cannot acquire state change lock"
            + "|failed to connect to the hypervisor");

    private final Virsh virsh;
    private final LibvirtDomain domain;
    private final Told told;
    private boolean held;
    private boolean warned;

    /** @param left whether a backup that was killed may hold the file systems */
    LibvirtAgent(Virsh virsh, LibvirtDomain domain, Told told, boolean left) {
        this.virsh = virsh;
        this.domain = domain;
        this.told = told;
        // Without a channel there was a start since then.
        this.held = left && !domain.agent().isEmpty();
    }

    /** Whether it can be asked. Where the machine has a place for it, and nobody answers, that is a warning. */
    boolean there() {
        if (domain.agent().isEmpty()) {
            told.remark(
                    "the machine has no channel for a guest agent: the backup has what a power failure would leave");
        } else if (!domain.agent().equals("connected")) {
            told.warning("the file systems in the machine were not frozen: its guest agent is " + domain.agent()
                    + "; the backup has what a power failure would leave; start qemu-guest-agent in the machine, or"
                    + " give --no-freeze");
        }
        return domain.agent().equals("connected");
    }

    /**
     * Does something while the file systems are held, or while they are not, if the agent does not answer. Thaws them whatever happens;
     * where that fails, {@link #thaw} tries again.
     *
     * @return how many file systems were held
     */
    synchronized int during(GuestAgent.Moment moment) throws IOException {
        int count = 0;
        boolean before = held;
        held = true;
        try {
            Matcher froze = FROZE.matcher(virsh.within(FREEZE_SECONDS)
                    .run("domfsfreeze", Virsh.domain(domain.machine().uuid())));
            count = froze.find() ? Integer.parseInt(froze.group(1)) : 0;
        } catch (IOException e) {
            // Another program may hold them: what was refused is not thawed.
            held = before
                    || !(e instanceof Virsh.RefusedException refusal
                            && REFUSED.matcher(refusal.said()).find());
            told.warning("the file systems in the machine were not frozen: " + e.getMessage()
                    + "; the backup has what a power failure would leave");
        }
        try {
            moment.run();
        } finally {
            thaw();
        }
        return count;
    }

    /** Whether the file systems may be held still. */
    synchronized boolean held() {
        return held;
    }

    /**
     * Lets the file systems go on, if they may be held: also where libvirt still waits for a freeze that nobody awaits any more.
     *
     * @return whether they go on
     */
    synchronized boolean thaw() {
        if (!held) {
            return true;
        }
        try {
            try {
                thawOnce();
            } catch (IOException e) {
                // The agent may have been busy with the freeze still.
                thawOnce();
            }
        } catch (IOException e) {
            warn(e);
            return false;
        }
        held = false;
        if (warned) {
            told.remark("the file systems in the machine are thawed now");
        }
        return true;
    }

    private void thawOnce() throws IOException {
        virsh.run("domfsthaw", Virsh.domain(domain.machine().uuid()));
    }

    /** Once: it is tried often. */
    private void warn(IOException e) {
        if (!warned) {
            told.warning("the file systems in the machine " + domain.machine().title() + " MAY STILL BE FROZEN: "
                    + e.getMessage()
                    + "; this backup tries again until it ends, and the next one before it begins; to do"
                    + " it yourself, run " + virsh.shown() + " domfsthaw "
                    + domain.machine().uuid());
        }
        warned = true;
    }
}
