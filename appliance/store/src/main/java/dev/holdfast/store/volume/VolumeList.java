package dev.holdfast.store.volume;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The volumes of a store. Immutable.
 *
 * @param all by their numbers
 */
public record VolumeList(List<Volume> all) {
    public VolumeList {
        all = all.stream().sorted(Comparator.comparingInt(Volume::number)).toList();
        for (int i = 1; i < all.size(); i++) {
            if (all.get(i).number() == all.get(i - 1).number()) {
                throw new IllegalArgumentException(
                        "two volumes have the number " + all.get(i).number());
            }
        }
    }

    /** Volumes that all take containers, numbered from 0. */
    public static VolumeList of(List<Path> roots) {
        List<Volume> volumes = new ArrayList<>();
        for (Path root : roots) {
            volumes.add(new Volume(volumes.size(), root, Volume.State.ACTIVE));
        }
        return new VolumeList(volumes);
    }

    /** Empty where no volume has the number. */
    public Optional<Volume> find(int number) {
        return all.stream().filter(each -> each.number() == number).findFirst();
    }

    /** Those that are read: all but the lost ones. */
    public List<Volume> readable() {
        return all.stream().filter(each -> each.state() != Volume.State.LOST).toList();
    }

    /** Those that take new containers. */
    public List<Volume> active() {
        return all.stream().filter(each -> each.state() == Volume.State.ACTIVE).toList();
    }

    /** The directories of those that are read. */
    public List<Path> roots() {
        return readable().stream().map(Volume::root).toList();
    }
}
