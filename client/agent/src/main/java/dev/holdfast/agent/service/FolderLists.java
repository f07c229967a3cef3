package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Answers which folders a directory has, for people who choose what to back up and where to restore to. Each list is made on a
 * thread of its own, because a file system of the network may never answer.
 */
final class FolderLists {
    private static final System.Logger LOG = System.getLogger(FolderLists.class.getName());
    /** Lists at one time. */
    private static final int MOST = 4;
    /** Names looked at for one answer; of more, the rest is asked for. */
    private static final int MAX_LOOKS = 100_000;

    private final Semaphore free = new Semaphore(MOST);

    void answer(Connection connection, long question, Job.Folders wanted) {
        if (!free.tryAcquire()) {
            tell(connection, problem(question, "the client still lists other directories; try again later"));
            return;
        }
        Thread.ofPlatform().daemon().name("folders-" + question).start(() -> {
            Message.Folders answer;
            try {
                answer = list(question, wanted);
            } finally {
                free.release();
            }
            tell(connection, answer);
        });
    }

    /** The folders of this host are not those of its virtual machines. */
    static void refuse(Connection connection, long question) {
        tell(
                connection,
                problem(
                        question,
                        "this node is a virtual machine, whose files its host does not see; a plan backs up its disks"));
    }

    private static void tell(Connection connection, Message.Folders answer) {
        try {
            var _ = connection.send(answer);
        } catch (IOException e) {
            // The appliance does not wait for it after the connection has ended.
            LOG.log(System.Logger.Level.DEBUG, "an answer about folders was not sent", e);
        }
    }

    private static Message.Folders problem(long question, String problem) {
        return new Message.Folders(question, problem, List.of(), "", 0);
    }

    static Message.Folders list(long question, Job.Folders wanted) {
        if (!wanted.directory().startsWith("/")) {
            return problem(question, "'" + wanted.directory() + "' is not an absolute path");
        }
        try (Directory directory = Platform.current().open(wanted.directory().getBytes(StandardCharsets.UTF_8))) {
            return list(question, directory, wanted.after().getBytes(StandardCharsets.UTF_8));
        } catch (OsException e) {
            return problem(question, wanted.directory() + ": " + e.reason());
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a directory cannot be listed", e);
            return problem(question, wanted.directory() + " cannot be listed");
        }
    }

    private static Message.Folders list(long question, Directory directory, byte[] after) throws IOException {
        long device = directory.stat().device();
        List<byte[]> names = directory.names();
        names.removeIf(name -> Arrays.compareUnsigned(name, after) <= 0);
        names.sort(Arrays::compareUnsigned);
        List<Message.Folder> folders = new ArrayList<>();
        String last = "";
        int unnamed = 0;
        int looks = 0;
        for (byte[] name : names) {
            Optional<String> text = text(name);
            // A list can only be continued behind a name that travels.
            if (text.isPresent() && (folders.size() == Message.Folders.MAX || looks >= MAX_LOOKS)) {
                return new Message.Folders(question, "", folders, last, unnamed);
            }
            looks++;
            Optional<Stat> found = stat(directory, name).filter(stat -> stat.type() == Stat.Type.DIRECTORY);
            if (text.isEmpty()) {
                unnamed += found.isPresent() ? 1 : 0;
                continue;
            }
            String readable = text.get();
            found.ifPresent(stat -> folders.add(new Message.Folder(readable, stat.device() != device)));
            last = readable;
        }
        return new Message.Folders(question, "", folders, "", unnamed);
    }

    /** Empty where it is gone. */
    private static Optional<Stat> stat(Directory directory, byte[] name) {
        try {
            return Optional.of(directory.stat(name));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Empty where the name is not UTF-8: no plan and no order could say it. */
    private static Optional<String> text(byte[] name) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
