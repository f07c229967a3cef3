package dev.holdfast.control.health;

import java.util.Collection;

/** How a machine or a plan stands, the worst first. */
public enum Health {
    /** Files of its snapshots are known to be damaged. */
    DAMAGED,
    /** The newest run of a plan failed, or its backups are refused. */
    FAILING,
    /** A plan has made no snapshot for longer than it may. */
    OVERDUE,
    /** It has plans, and no snapshot yet. */
    NEVER_BACKED_UP,
    /** It has no plan. */
    UNPROTECTED,
    /** It is protected, and something needs a look. */
    WARNING,
    PROTECTED;

    /** Of all these troubles. */
    static Health of(Collection<Trouble> troubles) {
        return troubles.stream()
                .map(each -> each.kind().health())
                .min(Health::compareTo)
                .orElse(PROTECTED);
    }
}
