package dev.holdfast.control.access;

/** Something that may be done by the API. */
public enum Permission {
    /** See nodes, plans, policies, tasks, snapshots, usage, vaults and events. */
    VIEW,
    /** See the names of files in snapshots. */
    BROWSE,
    /** Read files out of snapshots, and order restores. */
    RESTORE,
    /** Start, pause, resume and cancel backups, verifications, drills and maintenance. */
    OPERATE,
    /** Change plans and bind nodes to them; unbind nodes from policies, which keeps their snapshots. */
    PLAN,
    /** Make, list and revoke tokens with which machines enrol. The only one of the two that programs can make use of. */
    ENROL,
    /** Revoke nodes. */
    NODES,
    /**
     * What cannot be undone, or ends a protection: forget snapshots, change policies and bind nodes to them, release holds,
     * shorten locks or make them in compliance mode, end a retention pause or the suspension of a node, give its identity to
     * another machine.
     */
    DESTROY,
    /** Hold snapshots, lock them and extend locks, acknowledge events, forget parts of the server. */
    PROTECT,
    /** Change vaults. */
    VAULTS,
    /** Read the audit log. */
    AUDIT,
    /** Users, their roles and tokens. */
    USERS,
    /** Settings of the appliance. */
    SETTINGS
}
