package dev.holdfast.server.net;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.pki.Authority;
import dev.holdfast.store.Store;

/** What requests are answered from. */
public record Services(
        HardwareProfile profile, Store store, ControlDb control, Authority authority, Sessions sessions) {
    static final String SOFTWARE = "holdfast-appliance/0.1.0";
}
