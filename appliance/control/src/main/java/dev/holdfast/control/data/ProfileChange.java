package dev.holdfast.control.data;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Changes the hardware profile of an appliance, which takes effect at its next start: the name in {@code appliance.json}, a copy of
 * a profile that does not ship, and {@code jvm.options}. Interrupted, it may be repeated. One process uses it at a time: the
 * appliance, or a command that holds the lock of the data directory.
 */
public final class ProfileChange {
    private final DataDirectory directory;

    public ProfileChange(DataDirectory directory) {
        this.directory = directory;
    }

    /** The profile that the next start uses. */
    public HardwareProfile next() throws IOException {
        return ApplianceFile.profile(directory.root(), directory.file().profile());
    }

    /**
     * Whether the next start uses this profile and its memory options already.
     *
     * @param content of a profile that does not ship; empty for one that does
     */
    public boolean isSet(HardwareProfile profile, byte[] content) throws IOException {
        Path root = directory.root();
        return directory.file().profile().equals(stored(profile, content))
                && (content.length == 0 || isContent(root.resolve(ApplianceFile.PROFILE), content))
                && isContent(root.resolve("jvm.options"), ApplianceFile.jvmOptions(profile));
    }

    private static String stored(HardwareProfile profile, byte[] content) {
        return content.length == 0 ? profile.name() : ApplianceFile.PROFILE;
    }

    private static boolean isContent(Path file, byte[] content) throws IOException {
        try {
            return Arrays.equals(Files.readAllBytes(file), content);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * Sets it. Whatever interrupts this, the memory that the next start gets suffices for its profile: it is given before a
     * larger profile is named, and taken after a smaller one was.
     *
     * @param content of a profile that does not ship; empty for one that does
     */
    public void set(HardwareProfile profile, byte[] content) throws IOException {
        synchronized (directory) {
            boolean grows =
                    profile.memory().heap().bytes() >= next().memory().heap().bytes();
            if (grows) {
                writeOptions(profile);
            }
            if (content.length > 0) {
                AtomicFile.write(directory.root().resolve(ApplianceFile.PROFILE), content, false);
            }
            directory.save(directory.file().withProfile(stored(profile, content)));
            if (!grows) {
                writeOptions(profile);
            }
        }
    }

    private void writeOptions(HardwareProfile profile) throws IOException {
        AtomicFile.write(directory.root().resolve("jvm.options"), ApplianceFile.jvmOptions(profile), false);
    }
}
