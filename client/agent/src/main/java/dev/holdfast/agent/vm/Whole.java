package dev.holdfast.agent.vm;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Runs what must not be left half way, on a thread that no order to cancel interrupts: an interrupted thread can ask neither a machine
 * nor its guest agent for anything, and file systems would stay frozen.
 */
final class Whole {
    private Whole() {}

    /** What is run. */
    interface Action<T> {
        T run() throws IOException;
    }

    static <T> T run(Action<T> action) throws IOException {
        CompletableFuture<T> done = new CompletableFuture<>();
        Thread.ofPlatform().name("machine").start(() -> {
            try {
                done.complete(action.run());
            } catch (IOException | RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        try {
            return done.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case IOException cause -> throw cause;
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
        }
    }
}
