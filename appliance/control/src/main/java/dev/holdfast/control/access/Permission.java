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
    /** Change plans and policies, and which nodes they count for. */
    PLAN,
    /** Enrol and revoke nodes. */
    NODES,
    /** Forget snapshots, release holds and locks: what cannot be undone. */
    DESTROY,
    /** Hold and lock snapshots, acknowledge events, release brakes. */
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
