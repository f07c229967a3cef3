package dev.holdfast.agent.restore;

import static dev.holdfast.agent.restore.MemorySnapshot.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.WrappedDirectory;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for whom when a file is written, closed and given up by several threads. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class RestoredFileTest {
    @TempDir
    Path target;

    private final DirectoryNode.Pool pool = new DirectoryNode.Pool(4);
    private final List<String> events = Collections.synchronizedList(new ArrayList<>());
    /** The write at position 0 waits in the middle of it. */
    private final CountDownLatch begun = new CountDownLatch(1);

    private final CompletableFuture<Void> goOn = new CompletableFuture<>();
    private RestoredFile file;

    private final class Slow extends WrappedDirectory {
        Slow(Directory inner) {
            super(inner);
        }

        @Override
        protected WrappedDirectory wrap(Directory directory) {
            return new Slow(directory);
        }

        @Override
        protected void write(FileHandle handle, long position, byte[] source, int offset, int length)
                throws IOException {
            if (position == 0) {
                begun.countDown();
                goOn.join();
            }
            super.write(handle, position, source, offset, length);
            events.add("written at " + position);
        }

        @Override
        protected void close(FileHandle handle) throws IOException {
            super.close(handle);
            events.add("closed");
        }
    }

    @BeforeEach
    void make() throws IOException {
        Directory directory = Platform.current().open(bytes(target.toString()));
        Attributes attributes = new MemorySnapshot(directory).attributes(0640, 8);
        RestoreStats stats = new RestoreStats();
        ExistingFiles existing = new ExistingFiles(Overwrite.ALWAYS, stats, (path, what) -> {});
        TreePath path = TreePath.parse("/f");
        Slot slot = new Slot(pool.root(new Slow(directory)), Names.ofNew(), path, bytes("f"), existing);
        Node.RegularFile node = new Node.RegularFile(bytes("f"), attributes, Content.EMPTY);
        file = new RestoredFile(slot, path, node, attributes, bytes("work"), false, null, stats);
    }

    @AfterEach
    void end() throws IOException {
        pool.close();
    }

    private interface Step {
        void run() throws IOException;
    }

    /** A thread with one step to do. */
    private static final class Doing {
        private final FutureTask<Void> task;
        private final Thread thread;

        Doing(Step step) {
            task = new FutureTask<>(() -> {
                step.run();
                return null;
            });
            thread = Thread.ofPlatform().start(task);
        }

        Doing untilItWaits() {
            while (thread.getState() != Thread.State.WAITING) {
                assertThat(task.isDone()).isFalse();
                Thread.onSpinWait();
            }
            return this;
        }

        void await() throws Exception {
            task.get();
        }
    }

    private Doing writing(int position) {
        byte[] four = "four".getBytes(StandardCharsets.US_ASCII);
        return new Doing(() -> file.write(position, four, 0, four.length));
    }

    @Test
    void othersWriteWhileOneDoesAndWhoClosesWaits() throws Exception {
        Doing slow = writing(0);
        begun.await();
        writing(4).await();
        assertThat(events).containsExactly("written at 4");
        Doing closing = new Doing(file::closeHandle).untilItWaits();
        // Or a busy file would never be closed.
        Doing late = writing(8).untilItWaits();
        assertThat(events).containsExactly("written at 4");
        goOn.complete(null);
        slow.await();
        closing.await();
        late.await();
        assertThat(events).containsExactly("written at 4", "written at 0", "closed", "written at 8");
        file.closeHandle();
        assertThat(target.resolve("work")).hasContent("fourfourfour");
    }

    @Test
    void whoGivesUpWaitsAndKeepsWhatWasWritten() throws Exception {
        Doing slow = writing(0);
        begun.await();
        Doing givingUp = new Doing(() -> {
                    // As those do who mark the file as well.
                    synchronized (file) {
                        file.damaged = true;
                        file.abandon();
                    }
                })
                .untilItWaits();
        assertThat(events).isEmpty();
        goOn.complete(null);
        slow.await();
        givingUp.await();
        writing(4).await();
        assertThat(events).containsExactly("written at 0", "closed");
        assertThat(target.resolve("work")).hasContent("four");
        assertThat(file.unfinished()).isTrue();
    }

    @Test
    void anInterruptClosesNothingEarly() throws Exception {
        Doing slow = writing(0);
        begun.await();
        Doing closing = new Doing(() -> {
                    Thread.currentThread().interrupt();
                    file.closeHandle();
                    events.add("interrupted: " + Thread.interrupted());
                })
                .untilItWaits();
        goOn.complete(null);
        slow.await();
        closing.await();
        assertThat(events).containsExactly("written at 0", "closed", "interrupted: true");
        assertThat(Files.readString(target.resolve("work"))).isEqualTo("four");
    }
}
