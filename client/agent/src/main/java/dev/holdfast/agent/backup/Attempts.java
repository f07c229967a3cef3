package dev.holdfast.agent.backup;

import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.function.Consumer;

/** Gets a backup through lost connections and past a previous snapshot that is of no use any more. */
public final class Attempts {
    private static final long[] RETRY_SECONDS = {1, 2, 5, 10, 20};

    /** One attempt; what earlier ones stored is not sent again. */
    public interface Attempt<T> {
        /** @param fullRead whether to read every file, whatever the previous snapshot says */
        T run(boolean fullRead) throws IOException;
    }

    private Attempts() {}

    /**
     * Returns what the first attempt that gets through returns.
     *
     * @param retries how often to go on after a lost connection
     * @param tell takes a line for each new attempt
     */
    public static <T> T run(Attempt<T> attempt, boolean fullRead, int retries, Consumer<String> tell)
            throws IOException, InterruptedException {
        boolean full = fullRead;
        for (int lost = 0; ; ) {
            try {
                return attempt.run(full);
            } catch (RemoteException e) {
                if (e.code() != ErrorCode.UNKNOWN_CHUNK || full) {
                    throw e;
                }
                // The appliance lost something the previous snapshot refers to; what is still here can replace it.
                tell.accept("The appliance lacks data of the previous snapshot; reading every file again.");
                full = true;
            } catch (PreviousBrokenException e) {
                tell.accept(e.getMessage() + "; reading every file again.");
                full = true;
            } catch (ConnectionLostException e) {
                if (lost >= retries) {
                    throw e;
                }
                long wait = RETRY_SECONDS[Math.min(lost++, RETRY_SECONDS.length - 1)];
                tell.accept(e.getMessage() + "; resuming in " + wait + " s");
                Thread.sleep(wait * 1000);
            }
        }
    }
}
