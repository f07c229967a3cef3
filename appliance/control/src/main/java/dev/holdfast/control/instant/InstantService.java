package dev.holdfast.control.instant;

import dev.holdfast.control.guestfs.ImageFiles;
import java.nio.file.Path;
import java.util.Optional;

/** The recoveries of a running appliance, and where their disks are served. Safe for use by several threads. */
public interface InstantService {
    Recoveries recoveries();

    /** Reads files on the disks of snapshots. */
    ImageFiles files();

    /** The Unix socket, for machines that run on the appliance itself; empty where its path would be too long. */
    Optional<Path> socket();

    /** The port for other hosts, over TLS; 0 where there is none. */
    int port();
}
