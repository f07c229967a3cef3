package dev.holdfast.control.access;

/** Something that may be done by the API. */
public enum Permission {
    /** See nodes, plans, policies, tasks, snapshots, usage, vaults and events. */
    VIEW("see nodes, plans, tasks, snapshots, vaults and events"),
    /** See the names of files in snapshots. */
    BROWSE("see the names of files in snapshots"),
    /** Read files out of snapshots, and order restores. */
    RESTORE("restore and download files"),
    /** Start, pause, resume and cancel backups, verifications, drills and maintenance. */
    OPERATE("start, pause and cancel backups, restore tests and maintenance"),
    /** Change plans and bind nodes to them; unbind nodes from policies, which keeps their snapshots. */
    PLAN("change backup plans and the nodes they apply to"),
    /** Make, list and revoke tokens with which machines enrol. The only one of the two that programs can make use of. */
    ENROL("enrol machines"),
    /** Revoke nodes. */
    NODES("rename, upgrade and remove nodes"),
    /**
     * What cannot be undone, or ends a protection: forget snapshots, change policies and bind nodes to them, release holds,
     * shorten locks or make them in compliance mode, end a retention pause or the suspension of a node, give its identity to
     * another machine.
     */
    DESTROY("delete snapshots, change retention, and end holds, pauses and suspensions"),
    /** Hold snapshots, lock them and extend locks, acknowledge events, forget parts of the server. */
    PROTECT("hold and lock snapshots, and acknowledge events"),
    /** Change vaults. */
    VAULTS("change vaults"),
    /** Read the audit log. */
    AUDIT("read the audit log"),
    /** Users, their roles and tokens. */
    USERS("change users and their roles"),
    /** Settings of the appliance. */
    SETTINGS("change the settings of the appliance");

    private final String words;

    Permission(String words) {
        this.words = words;
    }

    /** What a user who has it may do, in words: {@code change vaults}. */
    public String words() {
        return words;
    }
}
