package dev.holdfast.agent.mount;

import dev.holdfast.agent.fs.FuseDevice;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A mounted file system. The caller of {@link Mounting} closes it. */
public final class Mount implements AutoCloseable {
    /** Requests that wait for the appliance must not keep all others waiting. */
    private static final int THREADS = 16;

    private static final int REQUEST_BYTES = 64 << 10;
    private static final int START_SECONDS = 20;

    private final FuseDevice device;
    private final Requests requests;
    private final Consumer<String> tell;
    private final List<Thread> threads = new ArrayList<>();

    private Mount(FuseDevice device, Requests requests, Consumer<String> tell) {
        this.device = device;
        this.requests = requests;
        this.tell = tell;
    }

    /** Mounts, and returns when the kernel uses it. */
    static Mount start(byte[] point, boolean others, Requests requests, Consumer<String> tell)
            throws IOException, InterruptedException {
        Mount mount = new Mount(FuseDevice.mount(point, others), requests, tell);
        for (int i = 0; i < THREADS; i++) {
            mount.threads.add(Thread.ofPlatform().daemon().name("fuse-" + i).start(mount::serve));
        }
        if (!requests.started().await(START_SECONDS, TimeUnit.SECONDS)) {
            mount.device.unmount(true);
            throw new IOException("the kernel did not begin to use the mounted file system");
        }
        return mount;
    }

    private void serve() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(REQUEST_BYTES, 8);
            Reply reply = new Reply(arena.allocate(Requests.MAX_READ_BYTES + 4096L, 8));
            while (device.read(request) >= 0) {
                long length = requests.answer(request, reply);
                if (length > 0) {
                    device.write(reply.memory(), length);
                }
            }
        } catch (IOException e) {
            tell.accept("warning: the mounted file system fails: " + e.getMessage());
        }
    }

    /** Waits until it is unmounted. */
    public void await() throws InterruptedException {
        for (Thread each : threads) {
            each.join();
        }
    }

    /** @return whether it was unmounted; false if something uses it and {@code lazily} is false */
    public boolean unmount(boolean lazily) throws IOException {
        return device.unmount(lazily);
    }

    @Override
    public void close() throws IOException {
        device.close();
    }
}
