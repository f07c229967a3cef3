package dev.holdfast.control.taskspec;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.protocol.release.ReleaseVersion;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a task has to do: one record for each kind. {@link TaskSpecCodec} stores it. */
public sealed interface TaskSpec {
    TaskKind kind();

    /** Work that the appliance queues for itself and does one after the other. */
    sealed interface Own extends TaskSpec {}

    /** Work that a client's service is ordered to do. */
    sealed interface Order extends TaskSpec {}

    /** Forgets snapshots, except those that a lock or a hold keeps. */
    record Forget(List<UUID> snapshots) implements Own {
        public Forget {
            snapshots = List.copyOf(snapshots);
        }

        @Override
        public TaskKind kind() {
            return TaskKind.FORGET;
        }
    }

    /** Forgets snapshots by policy. */
    record Retention() implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.RETENTION;
        }
    }

    /** Lists what {@link Retention} would forget. */
    record RetentionPreview() implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.RETENTION_PREVIEW;
        }
    }

    /**
     * Which containers a collection takes.
     *
     * @param liveBelowPercent containers with less live data are copied and deleted, 1 to 100; null for the default
     * @param graceHours younger containers are left alone, 0 or more; null for the default
     */
    record Selection(
            @Nullable Integer liveBelowPercent, @Nullable Integer graceHours) {
        /** By default for both. */
        public static final Selection DEFAULT = new Selection(null, null);

        public Selection {
            if (liveBelowPercent != null && (liveBelowPercent < 1 || liveBelowPercent > 100)) {
                throw new PhrasedArgumentException(Phrase.of("task.live-below"));
            }
            if (graceHours != null && graceHours < 0) {
                throw new PhrasedArgumentException(Phrase.of("task.grace-hours"));
            }
        }
    }

    /** Collects garbage. */
    record Collect(Selection selection) implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.GC;
        }
    }

    /** Counts what {@link Collect} would free. */
    record CollectPreview(Selection selection) implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.GC_PREVIEW;
        }
    }

    /** Calculates how much storage each node and snapshot uses. */
    record CountUsage() implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.USAGE;
        }
    }

    /**
     * Reads containers again.
     *
     * @param all all of them, rather than the next thirtieth
     * @param containers only these; none for those that {@code all} chooses
     */
    record Scrub(boolean all, List<Integer> containers) implements Own {
        /** The next thirtieth of the containers. */
        public static final Scrub NEXT = new Scrub(false, List.of());

        public Scrub {
            containers = List.copyOf(containers);
        }

        @Override
        public TaskKind kind() {
            return TaskKind.SCRUB;
        }
    }

    /** Moves old entries of the audit log to segments. */
    record PruneAudit() implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.AUDIT_PRUNE;
        }
    }

    /**
     * Moves all containers off a volume.
     *
     * @param volume its number
     * @param target the number of the volume that takes them; null for all
     * @param retire retires the volume once it holds nothing
     */
    record Drain(int volume, @Nullable Integer target, boolean retire) implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.DRAIN;
        }
    }

    /**
     * Replaces what a lost volume held by copies from vaults, and names the snapshots that are damaged.
     *
     * @param volume its number
     * @param dryRun only names them
     */
    record ReplaceLost(int volume, boolean dryRun) implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.VOLUME_LOST;
        }
    }

    /**
     * Forgets all snapshots of a retired node, then removes the node.
     *
     * @param node its number
     */
    record RemoveNode(int node) implements Own {
        @Override
        public TaskKind kind() {
            return TaskKind.NODE_REMOVE;
        }
    }

    /** Uploads to a vault. The vault's own thread does it, outside the queue. */
    record Upload() implements TaskSpec {
        @Override
        public TaskKind kind() {
            return TaskKind.UPLOAD;
        }
    }

    /**
     * A backup by a plan.
     *
     * @param attempt 1 for the first
     * @param fullRead reads all files, those that seem unchanged too
     */
    record Backup(String plan, int attempt, boolean fullRead) implements Order {
        public Backup {
            if (attempt < 1) {
                throw new IllegalArgumentException("attempt must be 1 or more");
            }
        }

        @Override
        public TaskKind kind() {
            return TaskKind.BACKUP;
        }
    }

    /**
     * Files brought back.
     *
     * @param paths none for all files
     * @param target directory on the client
     * @param overwrite what becomes of files that are there, as clients name it
     */
    record Restore(UUID snapshot, List<String> paths, String target, String overwrite) implements Order {
        public Restore {
            paths = List.copyOf(paths);
        }

        @Override
        public TaskKind kind() {
            return TaskKind.RESTORE;
        }
    }

    /** Reads and hashes everything that a snapshot refers to. */
    record Verify(UUID snapshot) implements Order {
        @Override
        public TaskKind kind() {
            return TaskKind.VERIFY;
        }
    }

    /**
     * A rehearsed restore of a sample.
     *
     * @param sampleBytes about how much
     * @param seed chooses the files
     */
    record Drill(UUID snapshot, long sampleBytes, long seed) implements Order {
        @Override
        public TaskKind kind() {
            return TaskKind.DRILL;
        }
    }

    /**
     * A snapshot of disks that the appliance boots in a machine of its own, outside the queue.
     *
     * @param text that the serial console must show; empty for none
     * @param port that must answer; 0 for none
     * @param agent whether the guest agent must answer
     * @param script that the guest agent must run with success; empty for none
     * @param seconds until which all of this must be seen
     * @param memoryMib of the machine
     * @param firmware of the machine
     * @param bus of the disks and the network
     * @param emulated whether the processor's virtualisation is left alone
     */
    record Boot(
            UUID snapshot,
            String text,
            int port,
            boolean agent,
            String script,
            int seconds,
            int memoryMib,
            Firmware firmware,
            Bus bus,
            boolean emulated)
            implements TaskSpec {
        /** Which devices the machine has: what the systems on the disks have drivers for. */
        public enum Bus {
            VIRTIO,
            SATA
        }

        public enum Firmware {
            /** What the machine had that was backed up. */
            AUTO,
            BIOS,
            UEFI
        }

        /** The same with a firmware that is known. */
        public Boot with(Firmware known) {
            return new Boot(snapshot, text, port, agent, script, seconds, memoryMib, known, bus, emulated);
        }

        @Override
        public TaskKind kind() {
            return TaskKind.BOOT;
        }
    }

    /**
     * Upgrades the node's client.
     *
     * @param version that is wanted
     */
    record Upgrade(ReleaseVersion version) implements Order {
        @Override
        public TaskKind kind() {
            return TaskKind.UPGRADE;
        }
    }
}
