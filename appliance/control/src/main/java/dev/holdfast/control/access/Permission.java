package dev.holdfast.control.access;

import dev.holdfast.protocol.phrase.Phrase;

/** Something that may be done by the API. */
public enum Permission {
    /** See nodes, plans, policies, tasks, snapshots, usage, vaults and events. */
    VIEW(Phrase.of("permission.view")),
    /** See the names of files in snapshots. */
    BROWSE(Phrase.of("permission.browse")),
    /** Read files out of snapshots, and order restores. */
    RESTORE(Phrase.of("permission.restore")),
    /** Start, pause, resume and cancel backups, verifications, drills and maintenance. */
    OPERATE(Phrase.of("permission.operate")),
    /** Change plans and bind nodes to them; unbind nodes from policies, which keeps their snapshots. */
    PLAN(Phrase.of("permission.plan")),
    /** Make, list and revoke tokens with which machines enrol. The only one of the two that programs can make use of. */
    ENROL(Phrase.of("permission.enrol")),
    /** Revoke nodes. */
    NODES(Phrase.of("permission.nodes")),
    /**
     * What cannot be undone, or ends a protection: forget snapshots, change policies and bind nodes to them, release holds,
     * shorten locks or make them in compliance mode, end a retention pause or the suspension of a node, give its identity to
     * another machine.
     */
    DESTROY(Phrase.of("permission.destroy")),
    /** Hold snapshots, lock them and extend locks, acknowledge events, forget parts of the server. */
    PROTECT(Phrase.of("permission.protect")),
    /** Change vaults. */
    VAULTS(Phrase.of("permission.vaults")),
    /** Read the audit log. */
    AUDIT(Phrase.of("permission.audit")),
    /** Users, their roles and tokens. */
    USERS(Phrase.of("permission.users")),
    /** Settings of the appliance. */
    SETTINGS(Phrase.of("permission.settings"));

    @SuppressWarnings("ImmutableEnumChecker") // Phrases are immutable.
    private final Phrase words;

    Permission(Phrase words) {
        this.words = words;
    }

    /** What a user who has it may do, in words: {@code change vaults}. */
    public Phrase words() {
        return words;
    }
}
