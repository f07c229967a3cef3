package dev.holdfast.agent.remote;

import java.net.URI;
import java.net.URISyntaxException;

/** Where an appliance listens. */
public record Endpoint(String host, int port) {
    public static final int DEFAULT_PORT = 8807;

    /** Parses {@code host}, {@code host:port} or {@code https://host:port}. */
    public static Endpoint parse(String text) {
        String full = text.contains("://") ? text : "https://" + text;
        try {
            URI uri = new URI(full);
            String host = uri.getHost();
            boolean plain = (uri.getPath() == null || uri.getPath().length() <= 1) && uri.getUserInfo() == null;
            if (host != null && plain && (full.startsWith("https://") || full.startsWith("holdfast://"))) {
                String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
                return new Endpoint(bare, uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort());
            }
        } catch (URISyntaxException e) {
            // Falls through to the explanation.
        }
        throw new IllegalArgumentException("invalid appliance address '" + text
                + "'; expected https://HOST:PORT (the port is " + DEFAULT_PORT + " unless changed)");
    }

    @Override
    public String toString() {
        return "https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
