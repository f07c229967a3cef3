package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
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
 * @param queries what may be asked for behind the '?'
 * @param lane which threads do it
 * @param bodyBytes that a body has at most
 */
record Route(
        Method method,
        String path,
        @Nullable Permission permission,
        Guard guard,
        String summary,
        Class<?> body,
        Class<?> answer,
        List<Query> queries,
        Lane lane,
        int bodyBytes,
        Action action) {
    private static final int BODY_BYTES = 256 << 10;
    private static final int SMALL_BODY_BYTES = 16 << 10;
    private static final int LARGE_BODY_BYTES = 1 << 20;

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

    /** Which threads do it, and what it waits for. */
    enum Lane {
        /** Few threads for everything that ends at once. */
        QUICK,
        /** Reads all of a snapshot's names: as long as a search may take. */
        SEARCH,
        /** Writes its answer as it is taken. */
        DOWNLOAD,
        /** As {@link #DOWNLOAD}; its answer is begun by {@link Call#stream}, so that it works on the machine itself, too. */
        STREAM,
        /** The caller's own thread: it bounds itself, and its answer is short or streamed. */
        OWN
    }

    /**
     * Something that may be asked for behind the '?'.
     *
     * @param moment whether it is a time rather than any text
     */
    record Query(String name, boolean moment) {}

    /** Does it. */
    interface Action {
        /** Returns what is answered as JSON, or {@link Route#DONE}. */
        Object run(Call call) throws IOException;
    }

    /** Does it, and answers nothing. */
    interface Act {
        void run(Call call) throws IOException;
    }

    static Action done(Act act) {
        return call -> {
            act.run(call);
            return DONE;
        };
    }

    /** A list that must be there, and have something in it. */
    static <T> List<T> given(@Nullable List<T> list) throws Problem {
        if (list == null || list.isEmpty()) {
            throw Problem.invalid(Phrase.of("api.none-named"));
        }
        return list;
    }

    /** Whether it works without a connection of its own: it needs no cookies, and streams only by {@link Call#stream}. */
    boolean local() {
        return lane == Lane.QUICK || lane == Lane.SEARCH || lane == Lane.STREAM;
    }

    /** An answer without content. */
    static final Object DONE = new Object();

    /** The action has written its answer itself. */
    static final Object STREAMED = new Object();

    static Route get(String path, Permission permission, String summary, Class<?> answer, Action action) {
        return made(Method.GET, path, permission, summary, Void.class, answer, action);
    }

    static Route post(
            String path, Permission permission, String summary, Class<?> body, Class<?> answer, Action action) {
        return made(Method.POST, path, permission, summary, body, answer, action);
    }

    static Route put(String path, Permission permission, String summary, Class<?> body, Action action) {
        return made(Method.PUT, path, permission, summary, body, Void.class, action);
    }

    /** As above, with an answer. */
    static Route put(
            String path, Permission permission, String summary, Class<?> body, Class<?> answer, Action action) {
        return made(Method.PUT, path, permission, summary, body, answer, action);
    }

    static Route delete(String path, Permission permission, String summary, Action action) {
        return made(Method.DELETE, path, permission, summary, Void.class, Void.class, action);
    }

    /** As above, with an answer. */
    static Route delete(String path, Permission permission, String summary, Class<?> answer, Action action) {
        return made(Method.DELETE, path, permission, summary, Void.class, answer, action);
    }

    private static Route made(
            Method method,
            String path,
            Permission permission,
            String summary,
            Class<?> body,
            Class<?> answer,
            Action action) {
        return new Route(
                method, path, permission, Guard.NONE, summary, body, answer, List.of(), Lane.QUICK, BODY_BYTES, action);
    }

    private Route with(@Nullable Permission needed, Guard wanted, Lane threads, int bytes) {
        return new Route(method, path, needed, wanted, summary, body, answer, queries, threads, bytes, action);
    }

    /** Whether a body may be left out, since none of its fields is required. */
    static boolean isOptional(Class<?> body) {
        return Arrays.stream(body.getRecordComponents())
                .allMatch(each -> each.getAnnotatedType().isAnnotationPresent(Nullable.class));
    }

    /** The same, on other threads. */
    Route on(Lane threads) {
        return with(permission, guard, threads, bodyBytes);
    }

    /** The same, for bodies with a few short texts in them. */
    Route small() {
        return with(permission, guard, lane, SMALL_BODY_BYTES);
    }

    /** The same, for bodies with many paths in them. */
    Route large() {
        return with(permission, guard, lane, LARGE_BODY_BYTES);
    }

    /** The same, with what may be asked for behind the '?'. */
    Route query(String... names) {
        return asking(Stream.of(names).map(name -> new Query(name, false)));
    }

    /** The same, with times that may be asked for behind the '?'. */
    Route moment(String... names) {
        return asking(Stream.of(names).map(name -> new Query(name, true)));
    }

    private Route asking(Stream<Query> more) {
        List<Query> all = Stream.concat(queries.stream(), more).toList();
        return new Route(method, path, permission, guard, summary, body, answer, all, lane, bodyBytes, action);
    }

    /** The same, for what cannot be undone. */
    Route proven() {
        return with(permission, Guard.PROOF, lane, bodyBytes);
    }

    /** The same, for those who see all nodes. */
    Route everywhere() {
        return with(permission, Guard.ALL_NODES, lane, bodyBytes);
    }

    /** The same, for people only. */
    Route person() {
        return with(permission, Guard.PERSON, lane, bodyBytes);
    }

    /** The same, for everybody who is signed in. */
    Route forAll() {
        return with(null, guard, lane, bodyBytes);
    }

    /** The same, refused to all who may do it, who need not prove anything for that. */
    Route refusing(Phrase why) {
        return new Route(
                method,
                path,
                permission,
                guard == Guard.PROOF ? Guard.PERSON : guard,
                summary,
                body,
                answer,
                queries,
                lane,
                bodyBytes,
                call -> {
                    throw new Problem(409, "read-only", why);
                });
    }

    /** The same, for strangers whom another site sends. */
    Route returning() {
        return with(null, Guard.RETURNING, Lane.OWN, SMALL_BODY_BYTES);
    }

    /** The same, for strangers too. */
    Route open() {
        return with(null, Guard.OPEN, Lane.OWN, SMALL_BODY_BYTES);
    }
}
