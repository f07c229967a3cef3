package dev.holdfast.server.api;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.server.access.Access;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.pki.Authority;
import dev.holdfast.server.plan.Dispatcher;
import dev.holdfast.server.policy.Keeper;
import dev.holdfast.store.Store;

/** What routes work with. */
public record Backend(
        HardwareProfile profile,
        Store store,
        ControlDb control,
        Authority authority,
        Keeper keeper,
        Dispatcher dispatcher,
        Access access) {}
