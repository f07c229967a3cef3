package dev.holdfast.server;

import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.util.UUID;

/** Tells vaults what retention forbids them to remove. */
record RetentionGuard(RetentionService retention) implements VaultWriter.Guard {
    @Override
    public boolean mustStay(int node, UUID snapshot) throws IOException {
        return retention.mustStay(node, snapshot);
    }

    @Override
    public long lockedFor(UUID snapshot) throws IOException {
        return retention.lockedUntil(snapshot) - retention.now();
    }

    @Override
    public long now() {
        return retention.now();
    }
}
