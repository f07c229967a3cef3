package dev.holdfast.api;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is asked of a route, by whichever way it came. */
interface Request {
    /** A part of the path, decoded. */
    String path(String name);

    @Nullable
    String query(String name);

    List<String> queries(String name);

    @Nullable
    String header(String name);

    /** Of the caller. */
    String address();

    /** The name of this machine as the caller used it; empty where he used none. */
    String host();

    /** Where the caller reached the API; empty on the machine itself. */
    String base();

    /**
     * Begins an answer that is written as it is taken.
     *
     * @param headers besides the content type
     */
    OutputStream stream(String contentType, Map<String, String> headers) throws IOException;
}
