package dev.holdfast.fuzz;

import dev.holdfast.profile.HardwareProfile;
import java.io.IOException;

/** Hardware profiles. */
public final class ProfileFuzz {
    private ProfileFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        try {
            HardwareProfile.parse("fuzz", data);
        } catch (IOException e) {
            // Malformed, and said so.
        }
    }
}
