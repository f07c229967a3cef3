package dev.holdfast.protocol.manifest;

/** One record of a manifest page. A tree is a depth-first walk of these with sorted siblings. */
public sealed interface Node {
    /** A record that names something in the directory the walk stands in. */
    sealed interface Named extends Node {
        byte[] name();

        Attributes attributes();
    }

    /** Its children follow, up to the matching {@link Leave}. */
    record Directory(byte[] name, Attributes attributes) implements Named {}

    record RegularFile(byte[] name, Attributes attributes, Content content) implements Named {}

    record Symlink(byte[] name, Attributes attributes, byte[] target) implements Named {}

    /** A FIFO or a device node. */
    record Special(byte[] name, Attributes attributes, Type type, int major, int minor) implements Named {
        public enum Type {
            FIFO,
            CHARACTER_DEVICE,
            BLOCK_DEVICE
        }
    }

    /**
     * A further name of a file seen earlier in the walk: the {@link RegularFile}, {@link Symlink} or {@link Special} with
     * the same device and inode.
     */
    record HardLink(byte[] name, Attributes attributes) implements Named {}

    /** More content of the file before it. */
    record More(Content content) implements Node {}

    /** The end of the directory the walk stands in. */
    record Leave() implements Node {}
}
