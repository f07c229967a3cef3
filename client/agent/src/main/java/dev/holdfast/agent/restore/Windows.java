package dev.holdfast.agent.restore;

import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Parts of the manifest, one planned while the one before it is fetched and written. What must come after a window's files, such as
 * links to them and the attributes of their directories, is done when they are written. Used by the planning thread.
 */
final class Windows {
    /** One window is planned while the one before is written: two of this size are in memory. */
    private static final int WINDOW_ENTRIES = 16_384;

    /** The first window is small, so that bytes flow at once; each is twice the one before. */
    private static final int FIRST_WINDOW_ENTRIES = 1024;

    private static final int WINDOW_PLACES = 32_768;

    private final ChunkFetch fetch;
    private final HardLinks links;
    private final ExistingFiles existing;
    private final EarlySync earlySync;
    private Window window = new Window(0);
    /** Windows that are fetched or being finished, the earlier first: two at most. */
    private final Deque<Window> started = new ArrayDeque<>();

    /** Files whose content is fetched together, and what is to be done after them. */
    private static final class Window {
        final int number;
        final List<RestoredFile> files = new ArrayList<>();
        final List<Runnable> end = new ArrayList<>();
        int entries;
        CompletableFuture<Void> written = CompletableFuture.completedFuture(null);

        Window(int number) {
            this.number = number;
        }
    }

    /** Something to do at the end of a window. */
    interface Action {
        void run() throws IOException;
    }

    Windows(ChunkFetch fetch, HardLinks links, ExistingFiles existing, EarlySync earlySync) {
        this.fetch = fetch;
        this.links = links;
        this.existing = existing;
        this.earlySync = earlySync;
    }

    /** The number of the window that is being planned. */
    int number() {
        return window.number;
    }

    void countEntry() {
        window.entries++;
    }

    /** Adds a file of which content may still be planned. */
    void add(RestoredFile file) {
        window.files.add(file);
    }

    /** Does something once all files of this window and the ones before are written; where it fails, {@code path} failed. */
    void atEnd(TreePath path, Action action) {
        window.end.add(() -> {
            try {
                action.run();
            } catch (IOException e) {
                fetch.failed(path, e);
            }
        });
    }

    void endIfFull() throws IOException {
        int full = Math.min(WINDOW_ENTRIES, FIRST_WINDOW_ENTRIES << Math.min(window.number, 10));
        if (window.entries >= full || fetch.places() >= WINDOW_PLACES) {
            end();
        }
    }

    /** Ends the last window and finishes everything. Returns the files of which content is missing. */
    List<RestoredFile> endAll() throws IOException {
        end();
        finish(started.element(), window);
        started.remove();
        return window.files;
    }

    /** Ends what is under way. Returns the files in it. */
    List<RestoredFile> abort() {
        List<RestoredFile> files = new ArrayList<>(window.files);
        for (Window each : started) {
            fetch.abort();
            each.written.exceptionally(e -> null).join();
            files.addAll(each.files);
        }
        return files;
    }

    /** Lets the planned window be fetched and written, and finishes the one before it. */
    private void end() throws IOException {
        Window planned = window;
        window = new Window(planned.number + 1);
        planned.written = fetch.start();
        started.add(planned);
        if (started.size() > 1) {
            finish(started.element(), planned);
            started.remove();
        }
    }

    /** Finishes a window's files, links and directories in that order; files that go on are passed to the next. */
    private void finish(Window ended, Window next) throws IOException {
        Connection.await(ended.written);
        for (RestoredFile task : ended.files) {
            if (!task.complete || task.lastWindow > ended.number) {
                next.files.add(task);
                continue;
            }
            try {
                if (task.placesLeft > 0 && !task.damaged) {
                    fetch.failed(task, FormatException.corrupt("the appliance left out part of its content"));
                }
                if (!task.finished()) {
                    task.finish(existing);
                }
                if (!task.damaged) {
                    links.stage(task.slot, task.node);
                }
            } catch (IOException e) {
                fetch.failed(task, e);
            }
        }
        ended.end.forEach(Runnable::run);
        fetch.requireHealthy();
        earlySync.requireStored();
    }
}
