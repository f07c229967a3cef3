package dev.holdfast.agent.vm;

import dev.holdfast.agent.vm.VmDisks.Told;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The agent of QEMU in a machine of libvirt, if there is one, by libvirt. A backup never depends on it. */
record LibvirtAgent(Virsh virsh, LibvirtDomain domain, Told told) {
    private static final Pattern FROZE = Pattern.compile("Froze (\\d+) filesystem");

    /** Whether it can be asked. Where the machine has a place for it, and nobody answers, that is a warning. */
    boolean there() {
        if (domain.agent().isEmpty()) {
            told.remark(
                    "the machine has no channel for a guest agent: the backup has what a power failure would leave");
        } else if (!domain.agent().equals("connected")) {
            told.warning("the file systems in the machine were not frozen: its guest agent is " + domain.agent()
                    + "; the backup has what a power failure would leave; start qemu-guest-agent in the machine, or give"
                    + " --no-freeze");
        }
        return domain.agent().equals("connected");
    }

    /**
     * Does something while the file systems are held, or while they are not, if the agent does not answer. Thaws them whatever happens.
     *
     * @return how many file systems were held
     */
    int during(GuestAgent.Moment moment) throws IOException {
        int held = 0;
        try {
            Matcher froze = FROZE.matcher(
                    virsh.run("domfsfreeze", Virsh.domain(domain.machine().uuid())));
            held = froze.find() ? Integer.parseInt(froze.group(1)) : 0;
        } catch (IOException e) {
            told.warning("the file systems in the machine were not frozen: " + e.getMessage()
                    + "; the backup has what a power failure would leave");
        }
        try {
            moment.run();
        } finally {
            thaw();
        }
        return held;
    }

    /** Lets the file systems go on; also if it is unknown whether they are held. */
    void thaw() {
        try {
            try {
                thawOnce();
            } catch (IOException e) {
                // The agent may have been busy with the freeze still.
                thawOnce();
            }
        } catch (IOException e) {
            told.warning("the file systems in the machine may still be frozen: " + e.getMessage() + "; run "
                    + virsh.shown() + " domfsthaw " + domain.machine().uuid());
        }
    }

    private void thawOnce() throws IOException {
        virsh.run("domfsthaw", Virsh.domain(domain.machine().uuid()));
    }
}
