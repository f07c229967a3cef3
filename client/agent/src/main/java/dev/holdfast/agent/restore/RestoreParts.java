package dev.holdfast.agent.restore;

/** What all parts of one restore share. {@link Restore} makes it. */
record RestoreParts(
        RestoreOptions options,
        RestoreStats stats,
        ExistingFiles existing,
        AttributeRules rules,
        WorkFiles work,
        ChunkFetch fetch,
        HardLinks links,
        Windows windows) {}
