package dev.holdfast.store.archive;

import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Copies of containers in a directory. */
public class DirectoryArchive implements ContainerArchive {
    private final Path directory;
    private final Disk disk = new LocalDisk();

    public DirectoryArchive(Path directory) {
        this.directory = directory;
    }

    /** Copies all sealed containers that are on the volumes. */
    public void store(Archiving archiving) throws IOException {
        Files.createDirectories(directory);
        for (Archiving.Local each : archiving.local()) {
            Files.copy(each.file(), copy(each.number()));
        }
    }

    private Path copy(int number) {
        return directory.resolve(Integer.toString(number));
    }

    @Override
    public List<Integer> numbers() {
        return List.of();
    }

    @Override
    public Disk.DiskFile open(int number) throws IOException {
        return disk.open(copy(number), false);
    }
}
