package dev.holdfast.agent.vm;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** The backup job of libvirt in a machine, which keeps the moment, and the checkpoints, from which changes count. */
final class LibvirtJob {
    /** The name by which the NBD server tells what changed. */
    static final String CHANGED = "changed";

    private static final String NO_JOB = "backup job id not found";
    private static final String NO_DOMAIN = "failed to get domain";
    /** A disk lacks it, and libvirt deletes that of no disk then. */
    private static final Pattern NO_BITMAP =
            Pattern.compile("(?i)bitmap '[^']*' (is |could )?not (be )?found|missing or broken bitmap");

    private static final long END_SECONDS = 60;

    private final Virsh virsh;
    private final String uuid;
    private final String prefix;

    /** @param prefix of all checkpoints by this client */
    LibvirtJob(Virsh virsh, String uuid, String prefix) {
        this.virsh = virsh;
        this.uuid = uuid;
        this.prefix = prefix;
    }

    /**
     * What is begun.
     *
     * @param checkpointed the disks that get a checkpoint; may be none
     * @param since the checkpoint from which the changes of the counted disks are told
     */
    record Wanted(List<MachineDisk> disks, Set<MachineDisk> checkpointed, Set<MachineDisk> counted, String since) {}

    static String export(MachineDisk disk) {
        return "disk-" + disk.name();
    }

    void begin(LibvirtDomain domain, LibvirtJournal journal, Wanted wanted) throws IOException {
        Path backup = Files.createTempFile("holdfast-", ".xml");
        Path checkpoint = Files.createTempFile("holdfast-", ".xml");
        try {
            Files.writeString(backup, backupXml(domain, journal, wanted));
            Files.writeString(checkpoint, checkpointXml(domain, journal, wanted));
            if (wanted.checkpointed.isEmpty()) {
                virsh.run("backup-begin", Virsh.domain(uuid), "--backupxml", backup.toString());
            } else {
                virsh.run(
                        "backup-begin",
                        Virsh.domain(uuid),
                        "--backupxml",
                        backup.toString(),
                        "--checkpointxml",
                        checkpoint.toString());
            }
        } finally {
            Files.delete(backup);
            Files.delete(checkpoint);
        }
    }

    /** Writes an element's content. */
    private interface Content {
        void write(XMLStreamWriter xml) throws XMLStreamException;
    }

    private static String xml(String root, Content content) throws IOException {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
            xml.writeStartElement(root);
            content.write(xml);
            xml.writeEndElement();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IOException(e);
        }
        return text.toString();
    }

    private static String backupXml(LibvirtDomain domain, LibvirtJournal journal, Wanted wanted) throws IOException {
        return xml("domainbackup", xml -> {
            xml.writeAttribute("mode", "pull");
            xml.writeEmptyElement("server");
            xml.writeAttribute("transport", "unix");
            xml.writeAttribute("socket", journal.socket().toString());
            xml.writeStartElement("disks");
            for (String target : domain.targets()) {
                Optional<MachineDisk> disk = find(wanted.disks, target);
                xml.writeStartElement("disk");
                xml.writeAttribute("name", target);
                xml.writeAttribute("backup", disk.isPresent() ? "yes" : "no");
                if (disk.isPresent()) {
                    exported(xml, disk.get(), journal, wanted);
                }
                xml.writeEndElement();
            }
            xml.writeEndElement();
        });
    }

    private static void exported(XMLStreamWriter xml, MachineDisk disk, LibvirtJournal journal, Wanted wanted)
            throws XMLStreamException {
        xml.writeAttribute("type", "file");
        xml.writeAttribute("exportname", export(disk));
        boolean counted = wanted.counted.contains(disk);
        xml.writeAttribute("backupmode", counted ? "incremental" : "full");
        if (counted) {
            xml.writeAttribute("incremental", wanted.since);
            xml.writeAttribute("exportbitmap", CHANGED);
        }
        xml.writeEmptyElement("scratch");
        xml.writeAttribute("file", journal.scratchFile(disk.name()).toString());
    }

    private static String checkpointXml(LibvirtDomain domain, LibvirtJournal journal, Wanted wanted)
            throws IOException {
        return xml("domaincheckpoint", xml -> {
            xml.writeStartElement("name");
            xml.writeCharacters(journal.checkpoint());
            xml.writeEndElement();
            xml.writeStartElement("disks");
            for (String target : domain.targets()) {
                xml.writeEmptyElement("disk");
                xml.writeAttribute("name", target);
                xml.writeAttribute(
                        "checkpoint",
                        find(List.copyOf(wanted.checkpointed), target).isPresent() ? "bitmap" : "no");
            }
            xml.writeEndElement();
        });
    }

    private static Optional<MachineDisk> find(List<MachineDisk> disks, String target) {
        return disks.stream().filter(each -> each.name().equals(target)).findAny();
    }

    /** The socket of the backup job that runs in the machine; empty where none does. */
    Optional<Path> running() throws IOException {
        try {
            Xml job = Xml.parse(virsh.run("backup-dumpxml", Virsh.domain(uuid)));
            return Optional.of(Path.of(job.at("server", "socket")));
        } catch (Virsh.RefusedException e) {
            if (e.said().contains(NO_JOB) || !active()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Whether the machine runs; also not where it is gone. */
    private boolean active() throws IOException {
        try {
            return !virsh.run("domstate", Virsh.domain(uuid)).strip().equals("shut off");
        } catch (Virsh.RefusedException e) {
            if (e.said().contains(NO_DOMAIN)) {
                return false;
            }
            throw e;
        }
    }

    /** @throws IOException where the moment is not kept any more */
    void check(LibvirtJournal journal) throws IOException {
        if (running().filter(journal.socket()::equals).isEmpty()) {
            throw new IOException(
                    "the machine does not keep the moment of the backup any more: somebody ended the backup job,"
                            + " or the machine");
        }
    }

    /** @throws IOException where another program backs the machine up */
    void requireNone() throws IOException {
        Optional<Path> other = running();
        if (other.isPresent()) {
            throw new IOException("another program backs the machine up, by the socket " + other.get()
                    + "; libvirt runs one backup of a machine at a time: wait until that has ended, or end it with "
                    + virsh.shown() + " domjobabort " + uuid);
        }
    }

    /** Ends a backup job of this client, if one runs, whichever. */
    void end() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
        boolean asked = false;
        while (running().filter(this::ours).isPresent()) {
            if (!asked) {
                abort();
                asked = true;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("libvirt did not end the backup job within " + END_SECONDS + " s");
            }
            Cleaning.pause();
        }
    }

    private void abort() throws IOException {
        try {
            virsh.run("domjobabort", Virsh.domain(uuid));
        } catch (Virsh.RefusedException e) {
            // It may have ended by itself just now.
            if (running().filter(this::ours).isPresent()) {
                throw e;
            }
        }
    }

    private boolean ours(Path socket) {
        Path name = socket.getFileName();
        return name != null && name.toString().startsWith(prefix);
    }

    Set<String> checkpoints() throws IOException {
        try {
            return Set.copyOf(virsh.run("checkpoint-list", Virsh.domain(uuid), "--name")
                    .lines()
                    .map(String::strip)
                    .filter(each -> !each.isEmpty())
                    .toList());
        } catch (Virsh.RefusedException e) {
            if (e.said().contains(NO_DOMAIN)) {
                return Set.of();
            }
            throw e;
        }
    }

    /** Deletes the checkpoints of this client but some. */
    void deleteCheckpoints(Set<String> kept, Consumer<String> remark) throws IOException {
        for (String each : checkpoints()) {
            if (each.startsWith(prefix) && !kept.contains(each)) {
                delete(each, remark);
            }
        }
    }

    private void delete(String checkpoint, Consumer<String> remark) throws IOException {
        try {
            virsh.run("checkpoint-delete", Virsh.domain(uuid), checkpoint);
        } catch (Virsh.RefusedException e) {
            if (!active()) {
                throw e;
            }
            if (!NO_BITMAP.matcher(e.said()).find()) {
                remark.accept("libvirt could not delete the checkpoint " + checkpoint
                        + ", which the next backup tries again: " + e.said());
                return;
            }
            virsh.run("checkpoint-delete", Virsh.domain(uuid), checkpoint, "--metadata");
            remark.accept("libvirt could not delete the checkpoint " + checkpoint + ", and forgot it: " + e.said()
                    + "; bitmaps of this name may be left in disks");
        }
    }

    /** Deletes what a backup put on the host; libvirt usually has. */
    static void files(LibvirtJournal journal) throws IOException {
        Files.deleteIfExists(journal.socket());
        Path sockets = journal.socket().getParent();
        if (sockets != null
                && sockets.getFileName() != null
                && sockets.getFileName().toString().startsWith(LibvirtJournal.SOCKETS)) {
            Files.deleteIfExists(sockets);
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(journal.scratch(), "disk-*.qcow2")) {
            for (Path each : files) {
                Files.deleteIfExists(each);
            }
        } catch (NoSuchFileException e) {
            return;
        }
        Files.deleteIfExists(journal.scratch());
    }
}
