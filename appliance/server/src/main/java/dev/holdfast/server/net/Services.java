package dev.holdfast.server.net;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.pki.Authority;
import dev.holdfast.store.Store;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;

/** What requests are answered from. */
public record Services(
        HardwareProfile profile,
        Store store,
        ControlDb control,
        Authority authority,
        Sessions sessions,
        BeforeReading beforeReading,
        boolean readOnly) {
    /** Brings near what a snapshot needs, where it is still far away. */
    public interface BeforeReading {
        void prepare(StoredSnapshot snapshot) throws IOException;
    }

    static final String SOFTWARE = "holdfast-appliance/0.1.0";
}
