package dev.holdfast.server.local.setup;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where the appliance is configured to listen.
 *
 * @param api of the console; null where it is not served
 */
public record Served(InetSocketAddress listen, @Nullable InetSocketAddress api) {
    /** Whether machines elsewhere can connect. */
    boolean toOthers() {
        return !listen.getAddress().isLoopbackAddress();
    }
}
