package dev.holdfast.agent.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A VMDK as VMware imports it (streamOptimized), which can only be written from its beginning to its end: from a draft beside it that a
 * restore fills, and goes on with after an interruption.
 *
 * @param target the file
 * @param draft a qcow2 file with the disk
 */
public record StreamedVmdk(Path target, Path draft) {
    /** @throws IllegalArgumentException where the target exists and may not be replaced */
    public static StreamedVmdk of(Path target, boolean overwrite) {
        if (Files.exists(target) && (!overwrite || !Files.isRegularFile(target))) {
            throw new IllegalArgumentException(
                    target + " exists; if it is a file that may be replaced, add --overwrite, otherwise name another");
        }
        return new StreamedVmdk(target, target.resolveSibling(target.getFileName() + ".holdfast-partial"));
    }

    /** Makes the file from the draft, which is deleted then. The target appears when it is whole. */
    public void finish(boolean compare) throws IOException {
        Path made = target.resolveSibling(target.getFileName() + ".holdfast-new");
        QemuTools.img(List.of(
                "convert",
                "-f",
                ImageFormat.QCOW2.qemu(),
                "-O",
                ImageFormat.VMDK.qemu(),
                "-o",
                "subformat=streamOptimized",
                draft.toString(),
                made.toString()));
        if (compare) {
            QemuTools.img(List.of(
                    "compare",
                    "-f",
                    ImageFormat.QCOW2.qemu(),
                    "-F",
                    ImageFormat.VMDK.qemu(),
                    draft.toString(),
                    made.toString()));
        }
        Files.move(made, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.delete(draft);
    }
}
