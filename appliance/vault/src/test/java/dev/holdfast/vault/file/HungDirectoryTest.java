package dev.holdfast.vault.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StalledException;
import dev.holdfast.vault.object.StorageClass;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A directory whose file system hangs or breaks. A named pipe in place of a file hangs whoever opens it, as a mount does whose
 * server is gone: no interrupt and no timeout of Java's ends that.
 */
class HungDirectoryTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final long OUTER_SECONDS = 60;

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private ObjectStore open(Duration stall) throws IOException {
        return FileObjectStore.watched(directory.resolve("vault"), new Patience(stall, stall, stall, stall, 1));
    }

    /** Where the class of an object is kept. */
    private Path hang(String key) throws Exception {
        Path pipe = directory.resolve("vault/.holdfast/meta/" + key + ".json");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        return pipe;
    }

    /** Ends what hangs at it. */
    private static void release(Path pipe) throws IOException {
        Files.write(pipe, new byte[0]);
        Files.delete(pipe);
    }

    @Test
    void callThatHangsEndsAndOthersAreRefusedUntilItReturns() throws Exception {
        try (ObjectStore store = open(SHORT)) {
            store.put("k", Body.of(new byte[3]), PutOptions.NEW);
            Path pipe = hang("k");
            ObjectStoreException e = catchThrowableOfType(ObjectStoreException.class, () -> store.head("k"));
            assertThat(e.kind()).isEqualTo(Kind.TRANSIENT);
            assertThat(StalledException.in(e)).isNotNull();
            assertThat(e)
                    .hasMessageContaining(directory.resolve("vault").toString())
                    .hasMessageContaining("looking at k failed")
                    .hasMessageContaining("has not answered");
            assertThat(catchThrowableOfType(ObjectStoreException.class, () -> store.list("", "", 10)))
                    .hasMessageContaining("has not answered");
            release(pipe);
            for (long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(OUTER_SECONDS); ; Thread.sleep(5)) {
                try {
                    assertThat(store.list("", "", 10).objects()).hasSize(1);
                    break;
                } catch (ObjectStoreException late) {
                    assertThat(System.nanoTime()).isLessThan(deadline);
                }
            }
            assertThat(store.head("k").bytes()).isEqualTo(3);
        }
    }

    @Test
    void closeEndsWhoeverWaits() throws Exception {
        ObjectStore store = open(Duration.ofHours(1));
        store.put("k", Body.of(new byte[3]), PutOptions.NEW);
        Path pipe = hang("k");
        Future<Throwable> use = threads.submit(() -> catchThrowableOfType(IOException.class, () -> store.head("k")));
        Thread.sleep(50);
        store.close();
        assertThat(use.get(OUTER_SECONDS, TimeUnit.SECONDS)).hasMessageContaining("closed");
        release(pipe);
    }

    @Test
    void sourceThatTakesItsTimeIsNoStall() throws Exception {
        Body slow = new Body() {
            @Override
            public long length() {
                return 2;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(new byte[2]) {
                    @Override
                    public int read(byte[] buffer, int offset, int length) {
                        try {
                            Thread.sleep(SHORT.multipliedBy(2));
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        return super.read(buffer, offset, 1);
                    }
                };
            }
        };
        try (ObjectStore store = open(SHORT)) {
            assertThat(store.put("k", slow, PutOptions.NEW).bytes()).isEqualTo(2);
            assertThat(store.movement().bytes()).isEqualTo(2);
        }
    }

    @Test
    void failureToReadTheSourceIsNotTheVaults() throws Exception {
        Body broken = new Body() {
            @Override
            public long length() {
                return 2;
            }

            @Override
            public InputStream open() throws IOException {
                throw new NoSuchFileException("/srv/holdfast/volume0/00000007");
            }
        };
        try (ObjectStore store = open(SHORT)) {
            assertThat(catchThrowableOfType(IOException.class, () -> store.put("k", broken, PutOptions.NEW)))
                    .isInstanceOf(NoSuchFileException.class);
        }
    }

    @Test
    void directoryThatWentAwayIsSaidToBeGone() throws Exception {
        try (ObjectStore store = open(Duration.ofSeconds(30))) {
            store.put("k", Body.of(new byte[3]), PutOptions.NEW.as(StorageClass.ARCHIVE));
            Files.move(directory.resolve("vault"), directory.resolve("elsewhere"));
            ObjectStoreException e = catchThrowableOfType(
                    ObjectStoreException.class, () -> store.put("l", Body.of(new byte[3]), PutOptions.NEW));
            assertThat(e.kind()).isEqualTo(Kind.REFUSED);
            assertThat(e).hasMessageContaining("storing l failed").hasMessageContaining("look whether it is mounted");
        }
    }

    record Cause(IOException failure, Kind kind, List<String> words) {}

    static List<Cause> causes() {
        String file = "/mnt/nas/vault/c/00";
        return List.of(
                new Cause(new AccessDeniedException(file), Kind.DENIED, List.of("may not do this", "check the owner")),
                new Cause(reason("Permission denied"), Kind.DENIED, List.of("may not do this")),
                new Cause(reason("Operation not permitted"), Kind.DENIED, List.of("may not do this")),
                new Cause(reason("No space left on device"), Kind.REFUSED, List.of("is full", "make room")),
                new Cause(new IOException("No space left on device"), Kind.REFUSED, List.of("is full", "make room")),
                new Cause(reason("Disk quota exceeded"), Kind.REFUSED, List.of("quota", "raise")),
                new Cause(reason("Read-only file system"), Kind.REFUSED, List.of("read-only", "mount it for writing")),
                new Cause(new NoSuchFileException(file), Kind.REFUSED, List.of("not there", "mounted")),
                new Cause(reason("Stale file handle"), Kind.TRANSIENT, List.of("mount", "broken", "mount it again")),
                new Cause(
                        reason("Transport endpoint is not connected"),
                        Kind.TRANSIENT,
                        List.of("broken", "mount it again")),
                new Cause(reason("Input/output error"), Kind.TRANSIENT, List.of("does not work", "system's log")));
    }

    private static FileSystemException reason(String reason) {
        return new FileSystemException("/mnt/nas/vault/c/00", null, reason);
    }

    @ParameterizedTest
    @MethodSource("causes")
    void causeIsSaidInOwnWords(Cause it) {
        IOException e = new FileFailures("file:///mnt/nas/vault", Path.of("/mnt/nas/vault"))
                .translated("storing c/00", it.failure);
        assertThat(e).isInstanceOf(ObjectStoreException.class);
        assertThat(((ObjectStoreException) e).kind()).isEqualTo(it.kind);
        assertThat(e.getMessage())
                .startsWith("file:///mnt/nas/vault: storing c/00 failed: ")
                .contains(it.words)
                .doesNotContain("Exception");
    }
}
