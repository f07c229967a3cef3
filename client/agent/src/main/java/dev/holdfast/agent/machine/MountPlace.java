package dev.holdfast.agent.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Where file systems of a restored disk are mounted. Other users of this machine do not reach them, and neither device nodes nor
 * set-user-id programs of theirs count. Closing it unmounts everything.
 */
final class MountPlace implements AutoCloseable {
    private final Path directory;
    private final Path root;
    private final List<Path> mounted = new CopyOnWriteArrayList<>();
    private final Thread hook = Thread.ofPlatform().unstarted(this::abandon);

    private MountPlace(Path directory) throws IOException {
        this.directory = directory;
        this.root = Files.createDirectory(directory.resolve("root"));
    }

    static MountPlace make(String name) throws IOException {
        // What is mounted has permissions of its own, so it lies in a directory that only its owner may enter.
        MountPlace place = new MountPlace(Files.createTempDirectory("holdfast-" + name + "-"));
        Runtime.getRuntime().addShutdownHook(place.hook);
        return place;
    }

    /** This program is told to end: nothing stays mounted, and no program of a restored system stays behind. */
    private void abandon() {
        ProcessHandle.current()
                .children()
                .filter(each -> each.info().command().orElse("").endsWith("/unshare"))
                .forEach(ProcessHandle::destroyForcibly);
        try {
            for (Path each : mounted.reversed()) {
                Tools.tried("umount", "", "--recursive", "--lazy", each.toString());
            }
            Files.delete(root);
            Files.delete(directory);
        } catch (IOException e) {
            // Nobody is there to be told.
        }
    }

    /** The first file system belongs here. */
    Path root() {
        return root;
    }

    /**
     * Mounts a file system.
     *
     * @param type as blkid names it
     * @param to the root, or a directory in it
     */
    void mount(Path device, String type, Path to, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of("nodev", "nosuid"));
        if (type.equals("xfs")) {
            // The disk that was backed up may be in this machine, too.
            all.add("nouuid");
        }
        all.addAll(List.of(options));
        add(to, "--types", type, "--options", String.join(",", all), device.toString());
    }

    /** Mounts something of this machine. */
    void add(Path to, String... words) throws IOException {
        List<String> all = new ArrayList<>(List.of(words));
        all.add(to.toString());
        Tools.run("mount", all.toArray(String[]::new));
        mounted.add(to);
    }

    /** @throws IOException where something is in use still; it is not seen any more, and ends when it is not used */
    void unmount() throws IOException {
        IOException failure = null;
        while (!mounted.isEmpty()) {
            String each = mounted.removeLast().toString();
            try {
                Tools.run("umount", "--recursive", each);
            } catch (IOException e) {
                Tools.tried("umount", "", "--recursive", "--lazy", each);
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            unmount();
        } finally {
            Files.deleteIfExists(root);
            Files.deleteIfExists(directory);
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // It runs.
            }
        }
    }
}
