package dev.holdfast.server.api;

import dev.holdfast.server.access.Permission;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that the API does. The table of all routes is what the server serves, what OpenAPI describes, and what the tests
 * of permissions go through.
 *
 * @param path below /api/v1, with {name}s
 * @param permission that the caller needs; null for those that need none but to be somebody
 * @param guard what else the caller must show
 * @param body what is sent, Void for nothing
 * @param answer what comes back, Void for nothing
 * @param queries names of what may be asked for behind the '?'
 */
record Route(
        Method method,
        String path,
        @Nullable Permission permission,
        Guard guard,
        String summary,
        Class<?> body,
        Class<?> answer,
        List<String> queries,
        Action action) {

    enum Method {
        GET,
        POST,
        PUT,
        DELETE
    }

    /** What a route asks of the caller beside the permission. */
    enum Guard {
        /** Nothing, not even to be known. */
        OPEN,
        /** As little, and to be sent by another site: it must check itself who comes. */
        RETURNING,
        NONE,
        /** To be a person who has signed in: what a token could do here would outlive it. */
        PERSON,
        /** To see all nodes: it is about more than some. */
        ALL_NODES,
        /** A proof of who he is that is fresh, which no token has: it cannot be undone. */
        PROOF
    }

    /** Does it. */
    interface Action {
        /** Returns what is answered as JSON, or {@link Route#DONE}. */
        Object run(Call call) throws IOException;
    }

    /** An answer without content. */
    static final Object DONE = new Object();

    /** The action has written its answer itself. */
    static final Object STREAMED = new Object();

    static Route get(String path, Permission permission, String summary, Class<?> answer, Action action) {
        return new Route(Method.GET, path, permission, Guard.NONE, summary, Void.class, answer, List.of(), action);
    }

    static Route post(
            String path, Permission permission, String summary, Class<?> body, Class<?> answer, Action action) {
        return new Route(Method.POST, path, permission, Guard.NONE, summary, body, answer, List.of(), action);
    }

    static Route put(String path, Permission permission, String summary, Class<?> body, Action action) {
        return new Route(Method.PUT, path, permission, Guard.NONE, summary, body, Void.class, List.of(), action);
    }

    static Route delete(String path, Permission permission, String summary, Action action) {
        return new Route(
                Method.DELETE, path, permission, Guard.NONE, summary, Void.class, Void.class, List.of(), action);
    }

    /** The same, with what may be asked for behind the '?'. */
    Route query(String... names) {
        return new Route(method, path, permission, guard, summary, body, answer, List.of(names), action);
    }

    /** The same, for what cannot be undone. */
    Route proven() {
        return new Route(method, path, permission, Guard.PROOF, summary, body, answer, queries, action);
    }

    /** The same, for those who see all nodes. */
    Route everywhere() {
        return new Route(method, path, permission, Guard.ALL_NODES, summary, body, answer, queries, action);
    }

    /** The same, for people only. */
    Route person() {
        return new Route(method, path, permission, Guard.PERSON, summary, body, answer, queries, action);
    }

    /** The same, for everybody who is signed in. */
    Route forAll() {
        return new Route(method, path, null, guard, summary, body, answer, queries, action);
    }

    /** The same, for strangers whom another site sends. */
    Route returning() {
        return new Route(method, path, null, Guard.RETURNING, summary, body, answer, queries, action);
    }

    /** The same, for strangers too. */
    Route open() {
        return new Route(method, path, null, Guard.OPEN, summary, body, answer, queries, action);
    }
}
