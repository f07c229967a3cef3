package dev.holdfast.bench;

import java.util.List;

/** The file systems that {@link RestoreMatrix} restores to, and the ways in which they fail. Scripts are for bash. */
final class MatrixTargets {
    /**
     * @param setup makes and mounts the file system: $I is a name for its image, $M the mount point. Ends with 77, and a word why, where
     *     this machine cannot
     */
    record Target(String name, String setup) {}

    /**
     * @param strike what is done while the restore, stopped after its first files, has more to write; fails unless the target has failed by
     *     then. Empty for a target that fails by itself
     * @param remedy makes the target right again, with what it holds
     */
    record Failure(String name, String setup, String strike, String remedy) {}

    private static final String LOOP = "truncate -s 400M $I; %s; mount -o loop%s $I $M";
    private static final String FUSE = "truncate -s 400M $I; %s; D=$(losetup -f --show $I); echo $D >$I.loop; %s";

    static final List<Target> WHOLE = List.of(
            new Target("ext4", LOOP.formatted("mkfs.ext4 -q $I", "")),
            new Target("ext4, inodes of 128 bytes", LOOP.formatted("mkfs.ext4 -q -I 128 $I", "")),
            new Target(
                    "ext4, casefold",
                    LOOP.formatted("mkfs.ext4 -q -O casefold $I", "") + "; mkdir $M/t; chattr +F $M/t"),
            new Target("XFS", LOOP.formatted("mkfs.xfs -q -f $I", "")),
            new Target("XFS, no bigtime", LOOP.formatted("mkfs.xfs -q -f -m bigtime=0 $I", "")),
            new Target("btrfs", LOOP.formatted("mkfs.btrfs -q -f $I", "")),
            new Target("tmpfs", "mount -t tmpfs -o size=400M tmpfs $M"),
            new Target("exFAT (FUSE)", FUSE.formatted("mkfs.exfat $I >&2", "mount.exfat-fuse $D $M >&2")),
            new Target("NTFS (ntfs-3g)", FUSE.formatted("mkntfs -q -F -f $I >&2", "ntfs-3g $D $M")),
            new Target(
                    "NTFS (ntfs-3g, permissions)",
                    FUSE.formatted("mkntfs -q -F -f $I >&2", "ntfs-3g -o permissions,acl $D $M")),
            new Target(
                    "NTFS (lowntfs-3g, ignore_case)",
                    FUSE.formatted("mkntfs -q -F -f $I >&2", "lowntfs-3g -o ignore_case,windows_names $D $M")),
            new Target("FAT32", LOOP.formatted("mkfs.vfat -F 32 $I >&2", "")));

    static final List<Failure> FAILING = List.of(
            new Failure(
                    "full ext4",
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop $I $M; fallocate -l 320M $M/ballast",
                    "",
                    "rm $M/ballast"),
            new Failure(
                    "ext4 without inodes left",
                    "truncate -s 400M $I; mkfs.ext4 -q -b 4096 -N 64 $I; mount -o loop $I $M",
                    "",
                    "T=$(mktemp -d); cp -a $M/. $T; umount $M; mkfs.ext4 -q -F -b 4096 -N 4096 $I; mount -o loop $I $M; cp -a $T/. $M;"
                            + " rm -rf $T"),
            new Failure("full tmpfs", "mount -t tmpfs -o size=30M tmpfs $M", "", "mount -o remount,size=400M $M"),
            new Failure(
                    "full exFAT (FUSE)",
                    "truncate -s 400M $I; mkfs.exfat $I >&2; D=$(losetup -f --show $I); echo $D >$I.loop;"
                            + " mount.exfat-fuse $D $M >&2; dd if=/dev/zero of=$M/ballast bs=1M count=360 2>/dev/null",
                    "",
                    "rm $M/ballast"),
            new Failure(
                    "quota on btrfs",
                    "truncate -s 400M $I; mkfs.btrfs -q -f $I; mount -o loop $I $M; btrfs quota enable $M;"
                            + " btrfs subvolume create $M/t >&2; btrfs qgroup limit 30M $M/t",
                    "",
                    "btrfs qgroup limit none $M/t"),
            new Failure(
                    "project quota on XFS",
                    "truncate -s 400M $I; mkfs.xfs -q -f $I; mount -o loop,pquota $I $M; mkdir $M/t;"
                            + " xfs_quota -x -c \"project -s -p $M/t 42\" -c 'limit -p bhard=30m 42' $M >&2",
                    "",
                    "xfs_quota -x -c 'limit -p bhard=0 42' $M >&2"),
            new Failure(
                    "read-only ext4",
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop $I $M; mkdir $M/t; mount -o remount,ro $M",
                    "",
                    "mount -o remount,rw $M"),
            new Failure(
                    "ext4 that becomes read-only",
                    // Files that are open for writing forbid "remount,ro"; an error does not ask.
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop,errors=remount-ro $I $M",
                    "echo 1 >/sys/fs/ext4/$(basename $(findmnt -no SOURCE $M))/trigger_fs_error; ! touch $M/t 2>/dev/null",
                    "umount $M; e2fsck -fy $I >&2 || [ $? -lt 4 ]; mount -o loop $I $M"),
            new Failure(
                    "XFS that shuts down",
                    "truncate -s 400M $I; mkfs.xfs -q -f $I; mount -o loop $I $M",
                    "xfs_io -x -c shutdown $M; ! touch $M/t 2>/dev/null",
                    "umount $M; mount -o loop $I $M"),
            new Failure(
                    "exFAT whose driver dies",
                    FUSE.formatted("mkfs.exfat $I >&2", "mount.exfat-fuse $D $M >&2"),
                    "kill -9 $(pgrep -f \"^mount.exfat-fuse $(cat $I.loop) $M\\$\");"
                            + " for i in $(seq 50); do stat -f $M >/dev/null 2>&1 || exit 0; sleep 0.1; done; echo the driver lives >&2; exit 1",
                    "umount $M; fsck.exfat -y $(cat $I.loop) >&2 || [ $? -lt 4 ]; mount.exfat-fuse $(cat $I.loop) $M >&2"),
            new Failure(
                    "ext4 that is unmounted lazily",
                    "truncate -s 400M $I; mkfs.ext4 -q $I; mount -o loop $I $M",
                    "umount -l $M; ! mountpoint -q $M",
                    "for i in $(seq 100); do losetup -j $I | grep -q . || break; sleep 0.2; done; mount -o loop $I $M"));

    private MatrixTargets() {}
}
