package dev.holdfast.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes and mounts the file system of one row of {@link RestoreMatrix}, and removes it.
 *
 * @param work directory of images and mount points
 */
record MatrixMounts(Path work) {
    private static final int CANNOT = 77;
    private static final int MOUNT_FAILED = 32;
    /** A script that knows the image as $I and the mount point as $M. */
    static String with(String script, Path image, Path mount) {
        return "set -o pipefail; I=" + image + "; M=" + mount + "; " + script;
    }

    private Path mounted(String name, String setup, Path image) throws Exception {
        Path mount = Files.createDirectories(work.resolve("mount-" + name));
        Shell.Result result = Shell.run(with(setup, image, mount), name);
        if (result.code() != 0) {
            String said = result.err().contains("dmesg(1)") && !result.err().contains("unknown filesystem type")
                    ? Shell.run("dmesg | tail -n 1 | sed 's/^\\[[^]]*\\] //'", "dmesg")
                            .out()
                    : result.err() + result.out();
            String why = said.lines()
                    .filter(line -> !line.contains("dmesg(1)"))
                    .reduce((a, b) -> b)
                    .orElse("?");
            if (result.code() != CANNOT && result.code() != MOUNT_FAILED && result.code() != 127) {
                why = why + " (" + result.code() + ")";
            }
            clean(image, mount);
            throw new CannotException(why);
        }
        return mount;
    }

    private static final class CannotException extends Exception {
        CannotException(String why) {
            super(why);
        }
    }

    private void clean(Path image, Path mount) throws Exception {
        Shell.run(
                with(
                        "umount $M 2>/dev/null || umount -l $M 2>/dev/null || true; [ ! -e $I.loop ] || losetup -d $(cat $I.loop)"
                                + " || true; rm -f $I $I.loop; rmdir $M",
                        image,
                        mount),
                "cleaning up");
    }

    private static String slug(String name) {
        return name.replaceAll("[^A-Za-z0-9]+", "-");
    }

    /** A file system that was made for one row. */
    record Trial(String slug, Path image, Path mount) {
        Path into() {
            return mount.resolve("t");
        }
    }

    /** Fills in the cells of a row. */
    interface Cells {
        List<String> of(Trial trial) throws Exception;
    }

    /** Makes a file system, has the cells filled in, and removes it. */
    List<String> row(String name, String setup, Cells cells) throws Exception {
        String slug = slug(name);
        Path image = work.resolve(slug + ".img");
        Path mount;
        try {
            mount = mounted(slug, setup, image);
        } catch (CannotException e) {
            return List.of("not tried here: " + e.getMessage());
        }
        try {
            return cells.of(new Trial(slug, image, mount));
        } finally {
            clean(image, mount);
        }
    }
}
