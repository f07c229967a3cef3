package dev.holdfast.control.guestfs;

/**
 * A file system on the disks of a snapshot.
 *
 * @param name as libguestfs calls it, such as {@code /dev/sda1}: the first disk is sda
 * @param type such as ext4
 * @param label as its owner called it; may be empty
 * @param bytes of its device; 0 where that is not known
 * @param system of which it is a part, such as "Debian GNU/Linux 12"; empty where none was found
 * @param mounted where that system mounts it; empty where none was found
 */
public record FileSystem(String name, String type, String label, long bytes, String system, String mounted) {}
