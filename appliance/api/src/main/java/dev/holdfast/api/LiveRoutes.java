package dev.holdfast.api;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Permission;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** Live updates as server-sent events. */
final class LiveRoutes {
    private static final long PING_MILLIS = 10_000;
    /** A stream ends so that the browser comes again and is checked again. */
    private static final long LONGEST_NANOS = Duration.ofMinutes(10).toNanos();

    private final Live live;
    private final Access access;

    LiveRoutes(Live live, Access access) {
        this.live = live;
        this.access = access;
    }

    List<Route> routes() {
        return List.of(Route.get(
                        "/live",
                        Permission.VIEW,
                        "Server-sent events: 'task' with tasks that changed, 'changed' with the names of what else did,"
                                + " 'ended' when it gives way to a newer stream of the same user",
                        Void.class,
                        this::stream)
                .person()
                .on(Route.Lane.OWN));
    }

    private Object stream(Call call) throws IOException {
        Context context = call.context();
        try (Live.Listener listener = live.listen(call.principal())) {
            context.contentType("text/event-stream; charset=utf-8");
            context.disableCompression();
            // Javalin holds back what it might compress.
            OutputStream out = context.res().getOutputStream();
            send(out, "retry: 2000\n\n");
            long until = System.nanoTime() + LONGEST_NANOS;
            while (System.nanoTime() < until && !live.closing() && !listener.ended()) {
                Live.News news = listener.next(PING_MILLIS);
                // Signed out, disabled, or another role by now: the browser comes again as who it is.
                if (!access.sessions().stillHolds(SessionCookie.secret(context), call.principal())) {
                    break;
                }
                StringBuilder text = new StringBuilder();
                if (!news.tasks().isEmpty()) {
                    text.append("event: task\ndata: ")
                            .append(Call.JSON.writeValueAsString(news.tasks()))
                            .append("\n\n");
                }
                if (!news.topics().isEmpty()) {
                    text.append("event: changed\ndata: ")
                            .append(Call.JSON.writeValueAsString(news.topics()))
                            .append("\n\n");
                }
                send(out, news.isEmpty() ? ": still here\n\n" : text.toString());
            }
            if (listener.ended()) {
                // Told, so that this browser waits before it comes again: it would end the stream of another in turn.
                send(out, "event: ended\ndata: {}\n\n");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        return Route.STREAMED;
    }

    private static void send(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
